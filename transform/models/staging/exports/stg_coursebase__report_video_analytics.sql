{{ continu_coursebase.exported('video_analytics') }}
