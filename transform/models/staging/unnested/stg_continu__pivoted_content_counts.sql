select
    window_from,
    window_until,
    record_key,
    {{ continu_coursebase.json_text('additional_fields', 'title') }} as title,
    {%- for count, property in {
        'assigned_count': 'assignedCount', 'completed_count': 'completedCount', 'expired_count': 'expiredCount',
    }.items() %}
    {{ continu_coursebase.integer_of(continu_coursebase.json_text('additional_fields', property)) }} as {{ count }},
    {%- endfor %}
    extracted_at,
    loaded_sequence
from {{ ref('stg_continu__pivoted_content_assignments') }}
