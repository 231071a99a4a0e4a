{{ continu_coursebase.staged('coursebase', 'coursebase_course_details') }}
