{{ continu_coursebase.staged('continu', 'continu_pivoted_user_assignments') }}
