{%- set reports = ['content_completion', 'user_content'] -%}
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='completion_key',
    on_schema_change='append_new_columns',
    indexes=[
        {'columns': ['completion_key'], 'unique': true},
        {'columns': ['loaded_sequence']},
        {'columns': ['user_key']},
        {'columns': ['content_key']},
    ],
    pre_hook=[
        "{{ continu_coursebase.forget('completion_key', ['content_completion', 'user_content'], 'continu:') }}",
        "{{ continu_coursebase.forget_missing('completion_key', 'coursebase:', ref('int_coursebase_completions')) }}",
    ],
) }}

{%- set cutoff = continu_coursebase.cutoff() %}

with changed as (
    {%- for report in reports %}
    select completion_id
    from {{ ref('stg_continu__' ~ report) }}
    where {{ continu_coursebase.is_new(cutoff) }}
    {%- if cutoff is not none %}
    union
    select row_key
    from ({{ continu_coursebase.deleted_since(cutoff, report) }}) as gone
    {%- endif %}
    {{ 'union' if not loop.last }}
    {%- endfor %}
),

reported as (
    {%- for report in reports %}
    select
        completion_id,
        {{ continu_coursebase.user_key() }} as user_key,
        content_id,
        assignment_id,
        completed_on as completed_at,
        content_title,
        content_type,
        extracted_at,
        loaded_sequence,
        {{ loop.index }} as precedence
    from {{ ref('stg_continu__' ~ report) }}
    {%- if cutoff is not none %}
    where completion_id in (select completion_id from changed)
    {%- endif %}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

ranked as (
    select
        reported.*,
        row_number() over (
            partition by completion_id order by extracted_at desc nulls last, precedence
        ) as position
    from reported
),

continu as (
    select
        'continu:' || newest.completion_id as completion_key,
        newest.completion_id,
        newest.user_key,
        'continu:' || coalesce(newest.content_id, other.content_id) as content_key,
        coalesce(newest.assignment_id, other.assignment_id) as assignment_id,
        newest.completed_at,
        coalesce(newest.content_title, other.content_title) as content_title,
        coalesce(newest.content_type, other.content_type) as content_type,
        newest.loaded_sequence
    from ranked as newest
    left join ranked as other on other.completion_id = newest.completion_id and other.position = 2
    where newest.position = 1
),

coursebase as (
    select
        completions.completion_key,
        logins.user_key,
        titles.content_key,
        completions.completed_at,
        completions.course_name,
        completions.completion_status,
        completions.loaded_sequence
    from {{ ref('int_coursebase_completions') }} as completions
    inner join {{ ref('int_coursebase_logins') }} as logins on logins.login_id = completions.login_id
    inner join {{ ref('int_coursebase_titles') }} as titles on titles.course_name = completions.course_name
)

select
    completion_key,
    'continu' as source,
    completion_id,
    user_key,
    content_key,
    assignment_id,
    completed_at,
    content_title,
    content_type,
    {{ continu_coursebase.nothing('text') }} as completion_status,
    loaded_sequence
from continu
union all
select
    completion_key,
    'coursebase' as source,
    {{ continu_coursebase.nothing('text') }} as completion_id,
    user_key,
    content_key,
    {{ continu_coursebase.nothing('text') }} as assignment_id,
    completed_at,
    course_name as content_title,
    'course' as content_type,
    completion_status,
    loaded_sequence
from coursebase
{%- if cutoff is not none %}
where not exists (
    select 1
    from {{ this }} as held
    where held.completion_key = coursebase.completion_key
        and held.user_key = coursebase.user_key
        and held.content_key = coursebase.content_key
        and held.loaded_sequence = coursebase.loaded_sequence
)
{%- endif %}
