{%- set of_users = ['assignments_completed', 'assignments_pending', 'tracks_completed', 'workshops_attended'] %}
{%- set of_managers = of_users + ['direct_reports', 'sessions', 'views', 'likes', 'comments', 'shares', 'ratings', 'tracks_started'] %}
{%- set of_content = ['assignments_completed', 'assignments_pending'] %}
{%- set of_pivots = ['assigned', 'completed'] %}

with windows as (
    select distinct
        stream,
        window_from_at,
        window_until_at
    from {{ ref('int_reconciled_windows') }}
),

users as (
    select
        reported.window_from as window_from_at,
        reported.window_until as window_until_at,
        reported.email as entity_key,
        {{ of_users | join(', ') }}
    from {{ ref('stg_continu__user_engagement') }} as reported
),

managers as (
    select
        reported.window_from as window_from_at,
        reported.window_until as window_until_at,
        reported.email as entity_key,
        {{ of_managers | join(', ') }}
    from {{ ref('stg_continu__manager_summary') }} as reported
),

content as (
    select
        reported.window_from as window_from_at,
        reported.window_until as window_until_at,
        reported.id as entity_key,
        {{ of_content | join(', ') }}
    from {{ ref('stg_continu__content_engagement') }} as reported
),

assigned_content as (
    select
        reported.window_from as window_from_at,
        reported.window_until as window_until_at,
        reported.record_key as entity_key,
        reported.assigned_count as assigned,
        reported.completed_count as completed
    from {{ ref('stg_continu__pivoted_content_counts') }} as reported
),

assigned_users as (
    select
        reported.window_from as window_from_at,
        reported.window_until as window_until_at,
        reported.record_key as entity_key,
        sum(case when lower(reported.assignment_status) <> 'removed' then reported.assignments else 0 end) as assigned,
        sum(case when lower(reported.assignment_status) like 'completed%' then reported.assignments else 0 end) as completed
    from {{ ref('stg_continu__pivoted_user_statuses') }} as reported
    group by reported.window_from, reported.window_until, reported.record_key
),

completed_content as (
    select
        windows.window_from_at,
        windows.window_until_at,
        lower(reported.email) as entity_key,
        count(*) as completions
    from windows
    inner join {{ ref('int_reconciled_days') }} as days
        on days.window_from_at = windows.window_from_at
        and days.window_until_at = windows.window_until_at
    inner join {{ ref('stg_continu__user_content') }} as reported
        on cast(reported.completed_on as date) = days.day
        and reported.completed_on >= windows.window_from_at
        and reported.completed_on < windows.window_until_at
    where windows.stream = 'continu_user_content'
        and reported.email is not null
    group by windows.window_from_at, windows.window_until_at, lower(reported.email)
),

numbers as (
    {{ continu_coursebase.metrics_as_rows('users', 'user', of_users) }}
    union all
    {{ continu_coursebase.metrics_as_rows('managers', 'manager', of_managers) }}
    union all
    {{ continu_coursebase.metrics_as_rows('content', 'content', of_content) }}
    union all
    {{ continu_coursebase.metrics_as_rows('assigned_content', 'content', of_pivots) }}
    union all
    {{ continu_coursebase.metrics_as_rows('assigned_users', 'user', of_pivots) }}
    union all
    {{ continu_coursebase.metrics_as_rows('completed_content', 'user', ['completions']) }}
)

select
    entity,
    window_from_at,
    window_until_at,
    entity_key,
    metric,
    cast(value as {{ continu_coursebase.type_of('number') }}) as value
from numbers
where value is not null
