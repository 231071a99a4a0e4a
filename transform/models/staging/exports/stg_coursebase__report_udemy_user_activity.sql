{{ continu_coursebase.exported('udemy_user_activity') }}
