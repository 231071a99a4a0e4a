{{ continu_coursebase.staged('continu', 'continu_workshop_status') }}
