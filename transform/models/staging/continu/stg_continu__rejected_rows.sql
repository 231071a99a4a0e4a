{{ continu_coursebase.staged('continu', 'continu_rejected_rows') }}
