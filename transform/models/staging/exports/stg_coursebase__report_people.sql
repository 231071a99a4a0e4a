{{ continu_coursebase.exported('people') }}
