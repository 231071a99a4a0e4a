with hires as (
    select
        user_key,
        created_at,
        {{ continu_coursebase.days_after('created_at', 30) }} as onboarded_at,
        first_login_at is not null as has_logged_in
    from {{ ref('dim_users') }}
    where created_at is not null
),

completed_by_hire as (
    select
        hires.user_key,
        {{ continu_coursebase.count_where(
            'completions.completed_at >= hires.created_at and completions.completed_at < hires.onboarded_at'
        ) }} as early
    from hires
    inner join {{ ref('fct_completions') }} as completions on completions.user_key = hires.user_key
    group by hires.user_key
),

assigned_to_hire as (
    select
        hires.user_key,
        count(*) as assigned,
        {{ continu_coursebase.count_where('assignments.is_completed') }} as completed
    from hires
    inner join {{ ref('fct_assignments') }} as assignments on assignments.user_key = hires.user_key
    where
        not assignments.is_removed
        and assignments.assigned_at >= hires.created_at
        and assignments.assigned_at < hires.onboarded_at
    group by hires.user_key
),

cohorts as (
    select
        cast({{ dbt.date_trunc('month', 'hires.created_at') }} as date) as cohort_month,
        count(*) as joined,
        {{ continu_coursebase.count_where('hires.has_logged_in') }} as logged_in,
        count(completed_by_hire.user_key) as first_completion,
        {{ continu_coursebase.count_where('completed_by_hire.early > 0') }} as completion_within_30_days,
        {{ continu_coursebase.count_where('assigned_to_hire.completed = assigned_to_hire.assigned') }}
            as assignments_of_first_30_days_done
    from hires
    left join completed_by_hire on completed_by_hire.user_key = hires.user_key
    left join assigned_to_hire on assigned_to_hire.user_key = hires.user_key
    group by cast({{ dbt.date_trunc('month', 'hires.created_at') }} as date)
),

steps as (
    {%- for step in [
        'joined', 'logged_in', 'first_completion', 'completion_within_30_days', 'assignments_of_first_30_days_done'
    ] %}
    select cohort_month, {{ loop.index }} as step_number, '{{ step }}' as step, {{ step }} as people, joined
    from cohorts
    {{- ' union all' if not loop.last }}
    {%- endfor %}
)

select
    cohort_month,
    step_number,
    step,
    people,
    {{ continu_coursebase.share('people', 'joined') }} as share_of_joined
from steps
