with departments as (
    select user_key, unit as department
    from {{ ref('bridge_user_units') }}
    where unit_type = 'department'
)

select users.user_key, coalesce(departments.department, '(none)') as department
from {{ ref('dim_users') }} as users
left join departments on departments.user_key = users.user_key
union all
select user_key, '(all)' as department
from {{ ref('dim_users') }}
