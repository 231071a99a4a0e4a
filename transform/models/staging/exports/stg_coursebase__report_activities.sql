{{ continu_coursebase.exported('activities') }}
