{% snapshot snapshot_assignments %}
{{ config(
    unique_key='assignment_key',
    strategy='check',
    check_cols=['user_key', 'content_key', 'assignment_status', 'assigned_at', 'due_at', 'completed_at', 'is_completed', 'is_removed', 'is_late'],
    updated_at='seen_at',
    hard_deletes='invalidate',
) }}
select
    assignment_key,
    user_key,
    content_key,
    assignment_status,
    assigned_at,
    due_at,
    completed_at,
    updated_at,
    is_completed,
    is_removed,
    is_late,
    seen_at,
    loaded_sequence
from {{ ref('int_assignments') }}
{% endsnapshot %}
