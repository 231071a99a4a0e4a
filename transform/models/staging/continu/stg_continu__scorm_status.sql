{{ continu_coursebase.staged('continu', 'continu_scorm_status') }}
