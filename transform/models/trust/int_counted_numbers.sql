{%- set of_assignments = ['assignments_completed', 'assignments_pending', 'assigned', 'completed'] %}
{%- set of_reports = ['sessions', 'views', 'likes', 'comments', 'shares', 'ratings', 'tracks_started'] %}
{%- set of_managers = ['assignments_completed', 'assignments_pending', 'tracks_completed', 'workshops_attended'] %}

with windows as (
    select distinct
        stream,
        counted_from,
        window_from_at,
        window_until_at
    from {{ ref('int_reconciled_windows') }}
),

days as (
    select distinct
        windows.counted_from,
        windows.window_from_at,
        windows.window_until_at,
        days.day
    from windows
    inner join {{ ref('int_reconciled_days') }} as days
        on days.window_from_at = windows.window_from_at
        and days.window_until_at = windows.window_until_at
),

events as (
    select
        days.window_from_at,
        days.window_until_at,
        items.user_key,
        items.content_id,
        1 as assigned,
        case when items.completed_at < days.window_until_at then 1 else 0 end as completed,
        0 as assignments_completed
    from {{ ref('fct_assignments') }} as items
    inner join days
        on days.day = cast(items.assigned_at as date)
        and items.assigned_at >= days.window_from_at
        and items.assigned_at < days.window_until_at
    where days.counted_from = 'continu_assignment_summary'
        and not items.is_removed
    union all
    select
        days.window_from_at,
        days.window_until_at,
        items.user_key,
        items.content_id,
        0 as assigned,
        0 as completed,
        1 as assignments_completed
    from {{ ref('fct_assignments') }} as items
    inner join days
        on days.day = cast(items.completed_at as date)
        and items.completed_at >= days.window_from_at
        and items.completed_at < days.window_until_at
    where days.counted_from = 'continu_assignment_summary'
        and not items.is_removed
),

assigned_users as (
    select
        window_from_at,
        window_until_at,
        user_key as entity_key,
        sum(assignments_completed) as assignments_completed,
        sum(assigned - completed) as assignments_pending,
        sum(assigned) as assigned,
        sum(completed) as completed
    from events
    group by window_from_at, window_until_at, user_key
),

assigned_content as (
    select
        window_from_at,
        window_until_at,
        content_id as entity_key,
        sum(assignments_completed) as assignments_completed,
        sum(assigned - completed) as assignments_pending,
        sum(assigned) as assigned,
        sum(completed) as completed
    from events
    group by window_from_at, window_until_at, content_id
),

tracks as (
    select
        days.window_from_at,
        days.window_until_at,
        enrolments.user_key as entity_key,
        count(*) as tracks_completed
    from days
    inner join {{ ref('fct_tracks') }} as enrolments
        on cast(enrolments.completed_at as date) = days.day
        and enrolments.completed_at >= days.window_from_at
        and enrolments.completed_at < days.window_until_at
    where days.counted_from = 'continu_track_status'
    group by days.window_from_at, days.window_until_at, enrolments.user_key
),

workshops as (
    select
        days.window_from_at,
        days.window_until_at,
        seats.user_key as entity_key,
        count(*) as workshops_attended
    from days
    inner join {{ ref('fct_workshop_attendance') }} as seats
        on cast(seats.starts_at as date) = days.day
        and seats.starts_at >= days.window_from_at
        and seats.starts_at < days.window_until_at
    where days.counted_from = 'continu_workshop_status'
        and seats.is_attended
    group by days.window_from_at, days.window_until_at, seats.user_key
),

completions as (
    select
        days.window_from_at,
        days.window_until_at,
        lower(completed.email) as entity_key,
        count(*) as completions
    from days
    inner join {{ ref('stg_continu__content_completion') }} as completed
        on cast(completed.completed_on as date) = days.day
        and completed.completed_on >= days.window_from_at
        and completed.completed_on < days.window_until_at
    where days.counted_from = 'continu_content_completion'
        and completed.email is not null
    group by days.window_from_at, days.window_until_at, lower(completed.email)
),

users as (
    {{ continu_coursebase.metrics_as_rows('assigned_users', 'user', of_assignments) }}
    union all
    {{ continu_coursebase.metrics_as_rows('tracks', 'user', ['tracks_completed']) }}
    union all
    {{ continu_coursebase.metrics_as_rows('workshops', 'user', ['workshops_attended']) }}
    union all
    {{ continu_coursebase.metrics_as_rows('completions', 'user', ['completions']) }}
),

managed_windows as (
    select distinct
        window_from_at,
        window_until_at
    from windows
    where stream = 'continu_manager_summary'
),

reports_then as (
    select
        managed_windows.window_from_at,
        managed_windows.window_until_at,
        reported.email as user_key,
        lower(reported.manager_email) as manager_key,
        {{ of_reports | join(', ') }}
    from managed_windows
    inner join {{ ref('stg_continu__user_engagement') }} as reported
        on reported.window_from = managed_windows.window_from_at
        and reported.window_until = managed_windows.window_until_at
    where reported.manager_email is not null
),

reports_now as (
    select
        managed_windows.window_from_at,
        managed_windows.window_until_at,
        people.user_key,
        people.manager_key
    from managed_windows
    cross join {{ ref('dim_users') }} as people
    left join (select distinct window_from_at, window_until_at from reports_then) as answered
        on answered.window_from_at = managed_windows.window_from_at
        and answered.window_until_at = managed_windows.window_until_at
    where answered.window_from_at is null
        and people.in_continu
        and people.manager_key is not null
),

reports as (
    select window_from_at, window_until_at, user_key, manager_key from reports_then
    union all
    select window_from_at, window_until_at, user_key, manager_key from reports_now
),

managers as (
    select
        'manager' as entity,
        users.window_from_at,
        users.window_until_at,
        reports.manager_key as entity_key,
        users.metric,
        sum(users.value) as value
    from users
    inner join reports
        on reports.window_from_at = users.window_from_at
        and reports.window_until_at = users.window_until_at
        and reports.user_key = users.entity_key
    where users.metric in ({% for metric in of_managers %}'{{ metric }}'{{ ', ' if not loop.last }}{% endfor %})
    group by users.window_from_at, users.window_until_at, reports.manager_key, users.metric
),

teams as (
    select
        window_from_at,
        window_until_at,
        manager_key as entity_key,
        count(*) as direct_reports
        {%- for metric in of_reports %},
        sum({{ metric }}) as {{ metric }}
        {%- endfor %}
    from reports_then
    group by window_from_at, window_until_at, manager_key
),

numbers as (
    select entity, window_from_at, window_until_at, entity_key, metric, value from users
    union all
    {{ continu_coursebase.metrics_as_rows('assigned_content', 'content', of_assignments) }}
    union all
    select entity, window_from_at, window_until_at, entity_key, metric, value from managers
    union all
    {{ continu_coursebase.metrics_as_rows('teams', 'manager', ['direct_reports'] + of_reports) }}
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
