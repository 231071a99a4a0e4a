{{ config(indexes=[
    {'columns': ['content_key'], 'unique': true},
]) }}

with ranked as (
    select
        content.*,
        row_number() over (
            partition by content_id
            order by
                case seen_in when 'content_engagement' then 0 else 1 end,
                seen_at desc nulls last,
                seen_in
        ) as position
    from {{ ref('int_content') }} as content
),

courses as (
    select
        coalesce(details.course_id, courses.course_id) as course_id,
        coalesce(details.title, courses.title) as title,
        details.status
    from {{ ref('stg_coursebase__courses') }} as courses
    full outer join {{ ref('stg_coursebase__course_details') }} as details on details.course_id = courses.course_id
),

coursebase as (
    select 'coursebase:' || course_id as content_key, course_id, title, status
    from courses
    union all
    select content_key, {{ continu_coursebase.nothing('text') }}, course_name, {{ continu_coursebase.nothing('text') }}
    from {{ ref('int_coursebase_titles') }}
    where course_id is null
)

select
    'continu:' || content_id as content_key,
    'continu' as source,
    content_id,
    title,
    content_type,
    is_archived,
    is_published,
    created_at,
    updated_at,
    url,
    creator_email,
    categories,
    tags,
    {{ continu_coursebase.nothing('text') }} as status
from ranked
where position = 1
union all
select
    content_key,
    'coursebase' as source,
    course_id as content_id,
    title,
    'course' as content_type,
    case when status is not null then lower(status) = 'archived' end as is_archived,
    {{ continu_coursebase.nothing('boolean') }} as is_published,
    {{ continu_coursebase.nothing('timestamp') }} as created_at,
    {{ continu_coursebase.nothing('timestamp') }} as updated_at,
    {{ continu_coursebase.nothing('text') }} as url,
    {{ continu_coursebase.nothing('text') }} as creator_email,
    {{ continu_coursebase.nothing('json') }} as categories,
    {{ continu_coursebase.nothing('json') }} as tags,
    status
from coursebase
