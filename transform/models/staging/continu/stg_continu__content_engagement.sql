{{ continu_coursebase.staged('continu', 'continu_content_engagement') }}
