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

ranked as (
    select
        user_id,
        extracted_at,
        first_value(login_id) over (
            partition by user_id
            order by case when login_id <> '' then 0 else 1 end, precedence, extracted_at desc nulls last, login_id
        ) as login_id,
        {%- for column in ['first_name', 'last_name', 'language', 'time_zone'] %}
        first_value({{ column }}) over (
            partition by user_id
            order by
                case when first_name is null and last_name is null then 1 else 0 end,
                precedence, extracted_at desc nulls last, last_name, first_name
        ) as {{ column }}
        {{- ',' if not loop.last }}
        {%- endfor %}
    from mentioned
),

users as (
    select
        user_id,
        login_id,
        lower(login_id) as login_key,
        first_name,
        last_name,
        language,
        time_zone,
        max(extracted_at) as seen_at
    from ranked
    group by user_id, login_id, first_name, last_name, language, time_zone
),

known as (
    select users.*, count(*) over (partition by login_key) as users_of_login_key
    from users
),

by_login as (
    select login_id, case when count(*) = 1 then min(user_id) end as user_id
    from known
    group by login_id
),

by_login_key as (
    select login_key, case when count(*) = 1 then min(user_id) end as user_id
    from known
    group by login_key
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
    left join by_login on by_login.login_id = exported.login_id
    left join by_login_key on by_login_key.login_key = lower(exported.login_id)
),

alone as (
    select
        resolved.login_key,
        min(resolved.login_id) as login_id,
        max(case when by_login_key.login_key is not null then 1 else 0 end) as is_shared
    from resolved
    left join by_login_key on by_login_key.login_key = resolved.login_key
    where resolved.user_id is null
    group by resolved.login_key
),

told_of as (
    select
        coalesce(user_id, 'login:' || login_key) as coursebase_key,
        resolved.*,
        row_number() over (
            partition by coalesce(user_id, 'login:' || login_key)
            order by case when account_status is null then 1 else 0 end, seen_at desc nulls last, login_id
        ) as position
    from resolved
),

told as (
    select
        coursebase_key,
        max(first_name) as first_name,
        max(last_name) as last_name,
        max(language) as language,
        max(time_zone) as time_zone,
        max(account_status) as account_status,
        max(seen_at) as seen_at
    from told_of
    where position = 1
    group by coursebase_key
),

everybody as (
    select
        user_id as coursebase_key, user_id, login_id, login_key, coalesce(login_key <> '' and users_of_login_key = 1, false) as is_login_unique,
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
    {{ continu_coursebase.later_of('everybody.seen_at', 'told.seen_at') }} as seen_at
from everybody
left join told on told.coursebase_key = everybody.coursebase_key
left join emails on emails.user_key = everybody.login_key and everybody.is_login_unique
