{{ continu_coursebase.staged('continu', 'continu_windows') }}
