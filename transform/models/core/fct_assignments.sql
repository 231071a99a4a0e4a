{{ config(materialized='view') }}

with judged as (
    select
        assignments.*,
        not is_removed and not is_completed and coalesce(due_at < {{ continu_coursebase.as_of() }}, false) as is_overdue
    from {{ ref('int_assignments') }} as assignments
)

select
    assignment_key,
    assignment_id,
    content_id,
    user_key,
    content_key,
    content_title,
    content_type,
    assigner_email,
    assigned_at,
    due_at,
    completed_at,
    updated_at,
    assignment_status,
    case
        when is_removed then 'removed'
        when is_completed and is_late then 'completed_late'
        when is_completed then 'completed_on_time'
        when is_overdue then 'overdue'
        else 'open'
    end as status,
    is_completed,
    is_removed,
    is_late,
    is_overdue,
    days_to_complete,
    case when is_overdue then {{ continu_coursebase.days_between('due_at', continu_coursebase.as_of()) }} end as days_overdue,
    seen_at,
    loaded_sequence
from judged
