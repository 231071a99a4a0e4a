with assigned_by_user as (
    select
        user_key,
        cast({{ dbt.date_trunc('month', 'assigned_at') }} as date) as month,
        count(*) as assigned,
        {{ continu_coursebase.count_where('is_completed') }} as completed,
        {{ continu_coursebase.count_where("status = 'completed_on_time'") }} as completed_on_time
    from {{ ref('fct_assignments') }}
    where not is_removed and assigned_at is not null
    group by user_key, cast({{ dbt.date_trunc('month', 'assigned_at') }} as date)
)

select
    departments.department,
    assigned_by_user.month,
    cast(sum(assigned_by_user.assigned) as {{ continu_coursebase.type_of('integer') }}) as assigned,
    cast(sum(assigned_by_user.completed) as {{ continu_coursebase.type_of('integer') }}) as completed,
    cast(sum(assigned_by_user.completed_on_time) as {{ continu_coursebase.type_of('integer') }}) as completed_on_time,
    {{ continu_coursebase.share('sum(assigned_by_user.completed)', 'sum(assigned_by_user.assigned)') }} as completion_rate
from assigned_by_user
inner join {{ ref('int_user_departments') }} as departments on departments.user_key = assigned_by_user.user_key
group by departments.department, assigned_by_user.month
