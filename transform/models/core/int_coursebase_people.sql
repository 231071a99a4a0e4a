{%- set nothing = continu_coursebase.nothing('text') -%}

with mentioned as (
    select
        user_id, login_id, {{ nothing }} as first_name, {{ nothing }} as last_name,
        {{ nothing }} as language, {{ nothing }} as time_zone, extracted_at, 1 as precedence
    from {{ ref('stg_coursebase__users') }}
    union all
    select user_id, login_id, first_name, last_name, language, time_zone, extracted_at, 2 as precedence
    from {{ ref('stg_coursebase__user_details') }}
    union all
    select user_id, login_id, {{ nothing }}, {{ nothing }}, {{ nothing }}, {{ nothing }}, extracted_at, 3
    from {{ ref('stg_coursebase__user_search') }}
    union all
    select user_id, login_id, {{ nothing }}, {{ nothing }}, {{ nothing }}, {{ nothing }}, extracted_at, 4
    from {{ ref('stg_coursebase__group_users') }}
    union all
    select user_id, {{ nothing }}, {{ nothing }}, {{ nothing }}, {{ nothing }}, {{ nothing }}, extracted_at, 5
    from {{ ref('stg_coursebase__user_groups') }}
    union all
    select
        approver_user_id, approver_login_id, approver_first_name, approver_last_name,
        {{ nothing }}, {{ nothing }}, extracted_at, 6
    from {{ ref('stg_coursebase__course_approvers') }}
    union all
    select
        requester_user_id, requester_login_id, requester_first_name, requester_last_name,
        {{ nothing }}, {{ nothing }}, extracted_at, 7
    from {{ ref('stg_coursebase__course_approvers') }}
),

logins as (
    select
        user_id,
        login_id,
        row_number() over (
            partition by user_id order by precedence, extracted_at desc nulls last, login_id
        ) as position
    from mentioned
    where login_id <> ''
),

names as (
    select
        user_id,
        first_name,
        last_name,
        language,
        time_zone,
        row_number() over (
            partition by user_id order by precedence, extracted_at desc nulls last, last_name, first_name
        ) as position
    from mentioned
    where first_name is not null or last_name is not null
),

users as (
    select user_id, max(extracted_at) as seen_at
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
        names.language,
        names.time_zone,
        users.seen_at,
        count(*) over (partition by logins.login_id) as users_of_login,
        count(*) over (partition by lower(logins.login_id)) as users_of_login_key
    from users
    left join logins on logins.user_id = users.user_id and logins.position = 1
    left join names on names.user_id = users.user_id and names.position = 1
),

exported as (
    select
        email_or_other_login_id as login_id, first_name, last_name, user_language as language,
        user_time_zone as time_zone, account_status, extracted_at as seen_at
    from {{ ref('stg_coursebase__report_people') }}
    where email_or_other_login_id <> ''
    union all
    select distinct
        login_id, {{ nothing }}, {{ nothing }}, {{ nothing }}, {{ nothing }}, {{ nothing }},
        {{ continu_coursebase.nothing('timestamp') }}
    from {{ ref('int_coursebase_completions') }}
),

resolved as (
    select
        exported.*,
        lower(exported.login_id) as login_key,
        coalesce(by_login.user_id, by_login_key.user_id) as user_id
    from exported
    left join known as by_login
        on by_login.login_id = exported.login_id and by_login.users_of_login = 1
    left join known as by_login_key
        on by_login_key.login_key = lower(exported.login_id) and by_login_key.users_of_login_key = 1
),

{#- What nobody in the lists has for a login, or several have: known by the login alone. -#}
alone as (
    select
        resolved.login_key,
        min(resolved.login_id) as login_id,
        max(case when known.user_id is not null then 1 else 0 end) as is_shared
    from resolved
    left join known on known.login_key = resolved.login_key
    where resolved.user_id is null
    group by resolved.login_key
),

told as (
    select
        coalesce(user_id, 'login:' || login_key) as coursebase_key,
        first_name,
        last_name,
        language,
        time_zone,
        account_status,
        seen_at,
        row_number() over (
            partition by coalesce(user_id, 'login:' || login_key)
            order by case when account_status is null then 1 else 0 end, seen_at desc nulls last, login_id
        ) as position
    from resolved
),

everybody as (
    select
        user_id as coursebase_key, user_id, login_id, login_key, users_of_login_key = 1 as is_login_unique,
        first_name, last_name, language, time_zone, seen_at
    from known
    union all
    select
        'login:' || login_key, {{ nothing }}, login_id, login_key, is_shared = 0,
        {{ nothing }}, {{ nothing }}, {{ nothing }}, {{ nothing }}, {{ continu_coursebase.nothing('timestamp') }}
    from alone
),

emails as (
    select distinct user_key
    from {{ ref('int_people') }}
)

select
    coalesce(emails.user_key, 'coursebase:' || everybody.coursebase_key) as user_key,
    case when emails.user_key is not null then 'email' end as matched_by,
    everybody.user_id as coursebase_user_id,
    everybody.login_id,
    everybody.login_key,
    everybody.is_login_unique,
    coalesce(everybody.first_name, told.first_name) as first_name,
    coalesce(everybody.last_name, told.last_name) as last_name,
    coalesce(everybody.language, told.language) as language,
    coalesce(everybody.time_zone, told.time_zone) as time_zone,
    told.account_status,
    coalesce(greatest(everybody.seen_at, told.seen_at), everybody.seen_at, told.seen_at) as seen_at
from everybody
left join told on told.coursebase_key = everybody.coursebase_key and told.position = 1
left join emails on emails.user_key = everybody.login_key and everybody.is_login_unique
