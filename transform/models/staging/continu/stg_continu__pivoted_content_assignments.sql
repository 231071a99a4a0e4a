{{ continu_coursebase.staged('continu', 'continu_pivoted_content_assignments') }}
