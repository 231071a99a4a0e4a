{{ continu_coursebase.exported('activity_solutions') }}
