with catalogue as (
    select
        content.*,
        row_number() over (partition by id order by window_from desc, extracted_at desc) as position
    from {{ ref('stg_continu__content_engagement') }} as content
),

seen as (
    select content_key, content_title as title, content_type, loaded_sequence, 1 as precedence
    from {{ ref('int_assignments') }}
    union all
    select content_key, content_title, content_type, loaded_sequence, 2 from {{ ref('fct_completions') }} where source = 'continu'
    union all
    select content_key, title, 'track', loaded_sequence, 3 from {{ ref('fct_tracks') }}
    union all
    select content_key, title, 'scorm', loaded_sequence, 4 from {{ ref('fct_scorm') }}
    union all
    select content_key, title, 'assessment', null, 5 from {{ ref('fct_assessment_results') }}
    union all
    select content_key, title, 'workshop', null, 6 from {{ ref('fct_workshop_attendance') }}
),

seen_alone as (
    select
        seen.*,
        row_number() over (partition by content_key order by loaded_sequence desc, precedence) as position
    from seen
    where content_key is not null
        and not exists (select 1 from catalogue where 'continu:' || catalogue.id = seen.content_key)
),

courses as (
    select
        coalesce(details.course_id, courses.course_id) as course_id,
        coalesce(details.title, courses.title) as title,
        details.status
    from {{ ref('stg_coursebase__courses') }} as courses
    full outer join {{ ref('stg_coursebase__course_details') }} as details on details.course_id = courses.course_id
)

select
    'continu:' || id as content_key,
    'continu' as source,
    id as content_id,
    title,
    type as content_type,
    archived as is_archived,
    published as is_published,
    created_at,
    updated_at,
    url,
    creator_email,
    linked_categories as categories,
    tags,
    cast(null as {{ continu_coursebase.type_of('text') }}) as status
from catalogue
where position = 1
union all
select
    content_key, 'continu', substring(content_key from 9), title, content_type,
    null, null, null, null, null, null, null, null, null
from seen_alone
where position = 1
union all
select
    'coursebase:' || course_id, 'coursebase', course_id, title, 'course',
    null, null, null, null, null, null, null, null, status
from courses
