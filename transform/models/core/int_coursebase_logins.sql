with logins as (
    select distinct login_id, login_key
    from {{ ref('int_coursebase_completions') }}
),

by_login as (
    select login_id, case when count(*) = 1 then min(user_key) end as user_key
    from {{ ref('int_coursebase_people') }}
    where coursebase_user_id is not null
    group by login_id
),

by_login_key as (
    select login_key, case when count(*) = 1 then min(user_key) end as user_key
    from {{ ref('int_coursebase_people') }}
    where coursebase_user_id is not null
    group by login_key
),

alone as (
    select login_key, min(user_key) as user_key
    from {{ ref('int_coursebase_people') }}
    where coursebase_user_id is null
    group by login_key
)

select
    logins.login_id,
    coalesce(by_login.user_key, by_login_key.user_key, alone.user_key) as user_key
from logins
left join by_login on by_login.login_id = logins.login_id
left join by_login_key on by_login_key.login_key = logins.login_key
left join alone on alone.login_key = logins.login_key
