{{ config(materialized='view') }}

select
    assignment_key,
    user_key,
    content_key,
    assignment_status,
    assigned_at,
    due_at,
    completed_at,
    is_completed,
    is_removed,
    is_late,
    dbt_valid_from as valid_from_at,
    dbt_valid_to as valid_until_at
from {{ ref('snapshot_assignments') }}
