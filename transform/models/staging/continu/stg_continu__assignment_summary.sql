{{ continu_coursebase.staged('continu', 'continu_assignment_summary') }}
