{{ config(materialized='view') }}

with versions as (
    select
        snapshots.*,
        lag(dbt_valid_from) over (partition by assignment_key order by dbt_valid_from) as seen_before_at
    from {{ ref('snapshot_assignments') }} as snapshots
),

dated as (
    select
        versions.*,
        case
            when updated_at <= dbt_valid_from
                and not is_deleted
                and (seen_before_at is null or updated_at > seen_before_at)
                then updated_at
            else dbt_valid_from
        end as valid_from_at
    from versions
),

ended as (
    select
        dated.*,
        lead(valid_from_at) over (partition by assignment_key order by dbt_valid_from) as valid_until_at
    from dated
)

select
    assignment_key,
    user_key,
    content_key,
    assignment_status,
    case
        when is_removed then 'removed'
        when is_completed and is_late then 'completed_late'
        when is_completed then 'completed_on_time'
        else 'open'
    end as status,
    assigned_at,
    due_at,
    completed_at,
    is_completed,
    is_removed,
    is_late,
    valid_from_at,
    valid_until_at,
    dbt_valid_from as seen_at
from ended
where not is_deleted
