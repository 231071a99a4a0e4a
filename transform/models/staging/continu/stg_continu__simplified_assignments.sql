{{ continu_coursebase.staged('continu', 'continu_simplified_assignments') }}
