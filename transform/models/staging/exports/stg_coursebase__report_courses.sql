{{ continu_coursebase.exported('courses') }}
