{%- set reports = [
    'user_engagement', 'manager_summary', 'content_completion', 'user_content', 'assignment_summary',
    'track_status', 'scorm_status', 'assessment_status', 'workshop_status',
] -%}

with reported as (
    {%- for report in reports %}
    select
        {{ continu_coursebase.user_key('email', 'userid') }} as user_key,
        '{{ report }}' as seen_in,
        email,
        userid,
        first_name,
        last_name,
        job_title,
        role,
        org_level,
        grade,
        language,
        region,
        manager_email,
        is_manager,
        suspended as is_suspended,
        {{ 'suspended_on' if report != 'assignment_summary' else 'cast(null as timestamp)' }} as suspended_at,
        hired_on as hired_at,
        {{ 'created_at' if report not in ['content_completion', 'user_content'] else 'cast(null as timestamp)' }} as created_at,
        first_login as first_login_at,
        last_login as last_login_at,
        departments,
        locations,
        teams,
        groups,
        extracted_at as seen_at,
        loaded_sequence
    from {{ ref('stg_continu__' ~ report) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

numbered as (
    select
        reported.*,
        row_number() over (
            partition by user_key, seen_in order by seen_at desc, loaded_sequence desc
        ) as position
    from reported
    where user_key is not null
)

select
    user_key || '|' || seen_in as person_key,
    user_key,
    seen_in,
    email,
    userid,
    first_name,
    last_name,
    job_title,
    role,
    org_level,
    grade,
    language,
    region,
    manager_email,
    is_manager,
    is_suspended,
    suspended_at,
    hired_at,
    created_at,
    first_login_at,
    last_login_at,
    departments,
    locations,
    teams,
    groups,
    seen_at,
    loaded_sequence
from numbered
where position = 1
