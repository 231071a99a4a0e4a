with ranked as (
    select
        people.*,
        row_number() over (
            partition by user_key
            order by
                seen_at desc,
                case seen_in when 'user_engagement' then 0 when 'manager_summary' then 1 else 2 end,
                seen_in
        ) as position
    from {{ ref('int_people') }} as people
),

creations as (
    select user_key, min(created_at) as created_at
    from ranked
    group by user_key
),

suspensions as (
    select
        user_key,
        suspended_at,
        row_number() over (partition by user_key order by position) as position
    from ranked
    where seen_in <> 'assignment_summary'
),

continu as (
    select
        ranked.user_key,
        ranked.email,
        ranked.userid,
        ranked.first_name,
        ranked.last_name,
        ranked.job_title,
        ranked.role,
        ranked.org_level,
        ranked.grade,
        ranked.language,
        ranked.region,
        lower(nullif(ranked.manager_email, '')) as manager_key,
        ranked.is_manager,
        ranked.is_suspended,
        suspensions.suspended_at,
        ranked.hired_at,
        creations.created_at,
        ranked.first_login_at,
        ranked.last_login_at,
        ranked.departments,
        ranked.locations,
        ranked.teams,
        ranked.groups,
        ranked.seen_at
    from ranked
    left join creations on creations.user_key = ranked.user_key
    left join suspensions on suspensions.user_key = ranked.user_key and suspensions.position = 1
    where ranked.position = 1
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
    continu.manager_key,
    continu.is_manager,
    continu.is_suspended,
    continu.suspended_at,
    continu.hired_at,
    continu.created_at,
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
    greatest(continu.seen_at, coursebase.seen_at) as seen_at
from continu
full outer join {{ ref('int_coursebase_people') }} as coursebase on coursebase.user_key = continu.user_key
