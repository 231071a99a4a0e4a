{{ continu_coursebase.exported('submission_answers') }}
