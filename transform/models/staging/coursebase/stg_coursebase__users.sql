{{ continu_coursebase.staged('coursebase', 'coursebase_users') }}
