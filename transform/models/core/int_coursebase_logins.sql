with logins as (
    select distinct login_id, login_key
    from {{ ref('int_coursebase_completions') }}
),

people as (
    select
        user_key,
        login_id,
        login_key,
        coursebase_user_id,
        count(*) over (partition by login_id) as people_of_login,
        count(*) over (partition by login_key) as people_of_login_key
    from {{ ref('int_coursebase_people') }}
)

select
    logins.login_id,
    coalesce(by_login.user_key, by_login_key.user_key, 'coursebase:login:' || logins.login_key) as user_key
from logins
left join people as by_login
    on by_login.login_id = logins.login_id
    and by_login.people_of_login = 1
    and by_login.coursebase_user_id is not null
left join people as by_login_key
    on by_login_key.login_key = logins.login_key and by_login_key.people_of_login_key = 1
