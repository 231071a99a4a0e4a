with pivots as (
    select
        window_from,
        window_until,
        record_key,
        {{ continu_coursebase.json_part('additional_fields', 'statusCounts') }} as status_counts,
        extracted_at,
        loaded_sequence
    from {{ ref('stg_continu__pivoted_user_assignments') }}
)

select
    pivots.window_from,
    pivots.window_until,
    pivots.record_key,
    status.key as assignment_status,
    {{ continu_coursebase.integer_of(continu_coursebase.json_scalar('status.value')) }} as assignments,
    pivots.extracted_at,
    pivots.loaded_sequence
from pivots
{{ continu_coursebase.properties('pivots.status_counts', 'status') }}
