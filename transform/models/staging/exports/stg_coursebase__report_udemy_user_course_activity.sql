{{ continu_coursebase.exported('udemy_user_course_activity') }}
