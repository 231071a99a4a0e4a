{{ continu_coursebase.staged('continu', 'continu_assessment_status') }}
