{{ continu_coursebase.staged('coursebase', 'coursebase_user_search') }}
