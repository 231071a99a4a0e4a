{{ continu_coursebase.staged('coursebase', 'coursebase_group_users') }}
