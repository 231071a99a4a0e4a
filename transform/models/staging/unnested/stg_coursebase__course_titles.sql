with translations as (
    select
        courses.course_id,
        {{ continu_coursebase.json_text('translation.value', 'language') }} as language,
        {{ continu_coursebase.json_text('translation.value', 'value') }} as title,
        courses.extracted_at,
        courses.loaded_sequence
    from {{ ref('stg_coursebase__course_details') }} as courses
    {{ continu_coursebase.elements('courses.title_translations', 'translation') }}
),

originals as (
    select
        course_id,
        cast(null as {{ continu_coursebase.type_of('text') }}) as language,
        title,
        extracted_at,
        loaded_sequence
    from {{ ref('stg_coursebase__course_details') }}
),

without_details as (
    select
        listed.course_id,
        cast(null as {{ continu_coursebase.type_of('text') }}) as language,
        listed.title,
        listed.extracted_at,
        listed.loaded_sequence
    from {{ ref('stg_coursebase__courses') }} as listed
    left join originals on listed.course_id = originals.course_id
    where originals.course_id is null
)

select course_id, language, title, extracted_at, loaded_sequence from originals
union all
select course_id, language, title, extracted_at, loaded_sequence from without_details
union all
select course_id, language, title, extracted_at, loaded_sequence from translations
