{{ continu_coursebase.staged('continu', 'continu_user_content') }}
