with mentioned as (
    select user_id, login_id, null as first_name, null as last_name, null as language, null as time_zone, extracted_at, 1 as precedence
    from {{ ref('stg_coursebase__users') }}
    union all
    select user_id, login_id, first_name, last_name, language, time_zone, extracted_at, 2
    from {{ ref('stg_coursebase__user_details') }}
    union all
    select user_id, login_id, null, null, null, null, extracted_at, 3
    from {{ ref('stg_coursebase__user_search') }}
    union all
    select user_id, login_id, null, null, null, null, extracted_at, 4
    from {{ ref('stg_coursebase__group_users') }}
    union all
    select user_id, null, null, null, null, null, extracted_at, 5
    from {{ ref('stg_coursebase__user_groups') }}
    union all
    select approver_user_id, approver_login_id, approver_first_name, approver_last_name, null, null, extracted_at, 6
    from {{ ref('stg_coursebase__course_approvers') }}
    union all
    select requester_user_id, requester_login_id, requester_first_name, requester_last_name, null, null, extracted_at, 7
    from {{ ref('stg_coursebase__course_approvers') }}
),

logins as (
    select
        user_id,
        login_id,
        row_number() over (partition by user_id order by precedence, extracted_at desc, login_id) as position
    from mentioned
    where login_id is not null
),

names as (
    select
        user_id,
        first_name,
        last_name,
        row_number() over (partition by user_id order by precedence, extracted_at desc, last_name, first_name) as position
    from mentioned
    where first_name is not null or last_name is not null
),

users as (
    select user_id, max(language) as language, max(time_zone) as time_zone, max(extracted_at) as seen_at
    from mentioned
    group by user_id
),

known as (
    select
        users.user_id,
        logins.login_id,
        lower(logins.login_id) as login_key,
        names.first_name,
        names.last_name,
        users.language,
        users.time_zone,
        cast(null as text) as account_status,
        users.seen_at,
        count(*) over (partition by lower(logins.login_id)) as users_of_login
    from users
    left join logins on logins.user_id = users.user_id and logins.position = 1
    left join names on names.user_id = users.user_id and names.position = 1
),

emails as (
    select distinct user_key from {{ ref('int_people') }}
)

select
    coalesce(emails.user_key, 'coursebase:' || known.user_id) as user_key,
    case when emails.user_key is not null then 'email' end as matched_by,
    known.user_id as coursebase_user_id,
    known.login_id,
    known.login_key,
    known.users_of_login = 1 as is_login_unique,
    known.first_name,
    known.last_name,
    known.language,
    known.time_zone,
    known.account_status,
    known.seen_at
from known
left join emails on emails.user_key = known.login_key and known.users_of_login = 1
