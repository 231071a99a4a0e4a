with overdue_by_user as (
    select user_key, count(*) as overdue, min(due_at) as oldest_due_at
    from {{ ref('fct_assignments') }}
    where is_overdue
    group by user_key
),

overdue_by_manager_key as (
    select
        users.manager_key,
        cast(sum(overdue_by_user.overdue) as {{ continu_coursebase.type_of('integer') }}) as overdue,
        count(*) as people,
        min(overdue_by_user.oldest_due_at) as oldest_due_at
    from overdue_by_user
    inner join {{ ref('dim_users') }} as users on users.user_key = overdue_by_user.user_key
    where not coalesce(users.is_suspended, false)
    group by users.manager_key
)

select
    coalesce(found.manager_key, '(none)') as manager_key,
    coalesce(managers.full_name, found.manager_key, '(none)') as manager_name,
    found.overdue,
    found.people,
    found.oldest_due_at
from overdue_by_manager_key as found
left join {{ ref('dim_users') }} as managers on managers.user_key = found.manager_key
