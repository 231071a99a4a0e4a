with listed as (
    select
        assignments.assignment_id,
        {{ continu_coursebase.json_scalar('content.value') }} as content_id,
        assignments.extracted_at,
        assignments.loaded_sequence
    from {{ ref('stg_continu__simplified_assignments') }} as assignments
    {{ continu_coursebase.elements(
        continu_coursebase.json_part('assignments.additional_fields', 'contentIds'), 'content'
    ) }}
),

named as (
    select assignment_id, content_id, extracted_at, loaded_sequence
    from {{ ref('stg_continu__simplified_assignments') }}
)

select assignment_id, content_id, extracted_at, loaded_sequence from listed
where content_id is not null
union
select assignment_id, content_id, extracted_at, loaded_sequence from named
where content_id is not null
