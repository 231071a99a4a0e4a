{{ config(indexes=[
    {'columns': ['user_key'], 'unique': true},
    {'columns': ['manager_key']},
]) }}

with reported as (
    select
        people.*,
        row_number() over (
            partition by user_key
            order by
                seen_at desc nulls last,
                case seen_in when 'user_engagement' then 0 when 'manager_summary' then 1 else 2 end,
                seen_in
        ) as position,
        first_value(created_at) over (
            partition by user_key
            order by case when created_at is null then 1 else 0 end, seen_at desc nulls last, seen_in
        ) as newest_created_at,
        first_value(suspended_at) over (
            partition by user_key
            order by
                case seen_in when 'assignment_summary' then 1 else 0 end,
                seen_at desc nulls last,
                case seen_in when 'user_engagement' then 0 when 'manager_summary' then 1 else 2 end,
                seen_in
        ) as newest_suspended_at
    from {{ ref('int_people') }} as people
),

continu as (
    select *
    from reported
    where position = 1
)

select
    coalesce(continu.user_key, coursebase.user_key) as user_key,
    continu.user_key is not null as in_continu,
    coursebase.user_key is not null as in_coursebase,
    coalesce(continu.email, case when coursebase.login_id like '%@%' then coursebase.login_id end) as email,
    continu.userid,
    coalesce(continu.first_name, coursebase.first_name) as first_name,
    coalesce(continu.last_name, coursebase.last_name) as last_name,
    nullif(trim(
        coalesce(continu.first_name, coursebase.first_name, '') || ' '
        || coalesce(continu.last_name, coursebase.last_name, '')
    ), '') as full_name,
    continu.job_title,
    continu.role,
    continu.org_level,
    continu.grade,
    coalesce(continu.language, coursebase.language) as language,
    continu.region,
    lower(nullif(continu.manager_email, '')) as manager_key,
    continu.is_manager,
    continu.is_suspended,
    continu.newest_suspended_at as suspended_at,
    continu.hired_at,
    continu.newest_created_at as created_at,
    continu.first_login_at,
    continu.last_login_at,
    continu.departments,
    continu.locations,
    continu.teams,
    continu.groups,
    coursebase.coursebase_user_id,
    coursebase.login_id as coursebase_login_id,
    coursebase.first_name as coursebase_first_name,
    coursebase.last_name as coursebase_last_name,
    coursebase.language as coursebase_language,
    coursebase.time_zone as coursebase_time_zone,
    coursebase.account_status as coursebase_account_status,
    coursebase.matched_by,
    {{ continu_coursebase.later_of('continu.seen_at', 'coursebase.seen_at') }} as seen_at
from continu
full outer join {{ ref('int_coursebase_people') }} as coursebase on coursebase.user_key = continu.user_key
