with courses as (
    select title, min(course_id) as course_id
    from {{ ref('stg_coursebase__course_titles') }}
    where title <> ''
    group by title
    having count(distinct course_id) = 1
),

named as (
    select distinct course_name
    from {{ ref('int_coursebase_completions') }}
)

select
    named.course_name,
    courses.course_id,
    'coursebase:' || coalesce(courses.course_id, 'title:' || named.course_name) as content_key
from named
left join courses on courses.title = named.course_name
