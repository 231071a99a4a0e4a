{{ continu_coursebase.staged('continu', 'continu_manager_summary') }}
