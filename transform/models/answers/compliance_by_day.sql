{%- set first_day = "(select min(date_day) from " ~ ref('dim_dates') ~ ")" -%}
{%- set integer = continu_coursebase.type_of('integer') -%}

with assignments as (
    select
        user_key,
        {{ continu_coursebase.later_of('cast(due_at as date)', first_day) }} as due_on,
        case when is_completed then coalesce(cast(completed_at as date), cast(due_at as date)) end as completed_on
    from {{ ref('fct_assignments') }}
    where not is_removed and due_at is not null
),

events as (
    select user_key, due_on as event_on, 1 as due, 0 as compliant
    from assignments
    union all
    select user_key, {{ continu_coursebase.later_of('due_on', 'completed_on') }} as event_on, 0 as due, 1 as compliant
    from assignments
    where completed_on is not null
),

events_by_department as (
    select
        departments.department,
        events.event_on,
        sum(events.due) as due,
        sum(events.compliant) as compliant
    from events
    inner join {{ ref('int_user_departments') }} as departments on departments.user_key = events.user_key
    where events.event_on <= cast({{ continu_coursebase.as_of() }} as date)
    group by departments.department, events.event_on
),

days as (
    select date_day
    from {{ ref('dim_dates') }}
    where
        date_day >= (select min(event_on) from events_by_department)
        and date_day <= cast({{ continu_coursebase.as_of() }} as date)
),

departments_seen as (
    select distinct department
    from events_by_department
),

running as (
    select
        days.date_day,
        departments_seen.department,
        cast(sum(coalesce(events_by_department.due, 0)) over (
            partition by departments_seen.department
            order by days.date_day
            rows between unbounded preceding and current row
        ) as {{ integer }}) as due,
        cast(sum(coalesce(events_by_department.compliant, 0)) over (
            partition by departments_seen.department
            order by days.date_day
            rows between unbounded preceding and current row
        ) as {{ integer }}) as compliant
    from days
    cross join departments_seen
    left join events_by_department
        on events_by_department.department = departments_seen.department
        and events_by_department.event_on = days.date_day
)

select
    date_day as day,
    department,
    due,
    compliant,
    due - compliant as overdue,
    {{ continu_coursebase.share('compliant', 'due') }} as compliance_rate
from running
