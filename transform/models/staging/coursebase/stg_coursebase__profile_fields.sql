{{ continu_coursebase.staged('coursebase', 'coursebase_profile_fields') }}
