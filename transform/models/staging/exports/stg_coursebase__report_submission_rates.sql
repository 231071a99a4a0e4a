{{ continu_coursebase.exported('submission_rates') }}
