{{ continu_coursebase.staged('continu', 'continu_track_status') }}
