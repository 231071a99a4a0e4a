{{ continu_coursebase.exported('learners') }}
