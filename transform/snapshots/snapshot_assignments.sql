{% snapshot snapshot_assignments %}
{{ config(
    unique_key='assignment_key',
    strategy='check',
    check_cols=[
        'user_key', 'content_key', 'assignment_status', 'assigned_at', 'due_at', 'completed_at', 'is_completed',
        'is_removed', 'is_late', 'is_deleted',
    ],
    updated_at='seen_at',
    indexes=[
        {'columns': ['assignment_key']},
        {'columns': ['loaded_sequence']},
    ],
) }}

{%- set so_far = continu_coursebase.snapshot_so_far() -%}
{%- set cutoff = continu_coursebase.cutoff_of(so_far) if so_far else none %}

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
    false as is_deleted,
    coalesce(seen_at, {{ continu_coursebase.now_in_utc() }}) as seen_at,
    loaded_sequence
from {{ ref('int_assignments') }}
where {{ continu_coursebase.is_new(cutoff) }}
{%- if so_far %}
union all
select
    held.assignment_key,
    held.user_key,
    held.content_key,
    held.assignment_status,
    held.assigned_at,
    held.due_at,
    held.completed_at,
    held.updated_at,
    held.is_completed,
    held.is_removed,
    held.is_late,
    true as is_deleted,
    {%- if cutoff is none or var('continu_coursebase_hard_delete') %}
    {{ continu_coursebase.now_in_utc() }} as seen_at,
    held.loaded_sequence
from {{ so_far }} as held
where held.dbt_valid_to is null
    and not held.is_deleted
    {%- else %}
    gone.deleted_at as seen_at,
    held.loaded_sequence
from ({{ continu_coursebase.deleted_since(cutoff, 'assignment_summary') }}) as gone
inner join {{ so_far }} as held on held.assignment_key = gone.row_key
where held.dbt_valid_to is null
    and not held.is_deleted
    {%- endif %}
    and not exists (
        select 1
        from {{ ref('int_assignments') }} as living
        where living.assignment_key = held.assignment_key
    )
{%- endif %}
{% endsnapshot %}
