{%- set now = continu_coursebase.as_of() -%}
{%- set text = continu_coursebase.type_of('text') -%}

with duties as (
    select
        user_key,
        {{ continu_coursebase.count_where('is_overdue') }} as overdue,
        {{ continu_coursebase.count_where(
            "status = 'open' and due_at < " ~ continu_coursebase.days_after(now, var('continu_coursebase_due_soon_days'))
        ) }} as due_soon
    from {{ ref('fct_assignments') }}
    where status in ('overdue', 'open')
    group by user_key
),

last_completions as (
    select user_key, max(completed_at) as completed_at
    from {{ ref('fct_completions') }}
    group by user_key
),

failures as (
    select user_key, count(*) as failed_assessments
    from {{ ref('fct_assessment_results') }}
    where lower(assessment_status) like 'fail%'
    group by user_key
),

first_departments as (
    select users.user_key, {{ continu_coursebase.json_scalar('item.value') }} as department
    from {{ ref('dim_users') }} as users
    {{ continu_coursebase.elements('users.departments', 'item') }}
    where item.index = 0
),

learners as (
    select
        users.user_key,
        users.full_name,
        coalesce(first_departments.department, '(none)') as department,
        users.manager_key,
        coalesce(duties.overdue, 0) as overdue,
        coalesce(duties.due_soon, 0) as due_soon,
        coalesce(
            {{ continu_coursebase.later_of('users.last_login_at', 'last_completions.completed_at') }},
            users.created_at
        ) as last_seen_at,
        coalesce(failures.failed_assessments, 0) as failed_assessments
    from {{ ref('dim_users') }} as users
    left join duties on duties.user_key = users.user_key
    left join last_completions on last_completions.user_key = users.user_key
    left join failures on failures.user_key = users.user_key
    left join first_departments on first_departments.user_key = users.user_key
    where not coalesce(users.is_suspended, false)
),

measured as (
    select
        user_key,
        full_name,
        department,
        manager_key,
        overdue,
        due_soon,
        cast(floor({{ continu_coursebase.days_between('last_seen_at', now) }}) as {{ continu_coursebase.type_of('integer') }}) as days_inactive,
        failed_assessments
    from learners
),

scored as (
    select
        user_key,
        full_name,
        department,
        manager_key,
        overdue,
        due_soon,
        days_inactive,
        failed_assessments,
        case when overdue >= 3 then 3 when overdue > 0 then 2 else 0 end
            + case when due_soon > 0 then 1 else 0 end
            + case when days_inactive > {{ var('continu_coursebase_inactive_days') }} then 1 else 0 end
            + case when failed_assessments > 0 then 1 else 0 end as risk_points
    from measured
)

select
    user_key,
    full_name,
    department,
    manager_key,
    overdue,
    due_soon,
    days_inactive,
    failed_assessments,
    risk_points,
    case when risk_points >= 3 then 'high' else 'medium' end as risk_level,
    substr(
        case when overdue > 0 then ', ' || cast(overdue as {{ text }}) || ' overdue' else '' end
        || case when due_soon > 0 then ', ' || cast(due_soon as {{ text }}) || ' due soon' else '' end
        || case
            when days_inactive > {{ var('continu_coursebase_inactive_days') }}
                then ', inactive for ' || cast(days_inactive as {{ text }}) || ' days'
            else ''
        end
        || case
            when failed_assessments > 0 then ', failed assessments: ' || cast(failed_assessments as {{ text }})
            else ''
        end,
        3
    ) as reasons,
    {{ now }} as as_of_at
from scored
where risk_points >= 2
