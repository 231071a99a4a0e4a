{{ continu_coursebase.exported('submissions') }}
