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

{%- set first_is_newer -%}
    user_content.extracted_at is null or completions.extracted_at >= user_content.extracted_at
{%- endset -%}

with {% if cutoff is not none -%}
changed as (
    {%- for report in reports %}
    select completion_id
    from {{ ref('stg_continu__' ~ report) }}
    where {{ continu_coursebase.is_new(cutoff) }}
    union
    select row_key
    from ({{ continu_coursebase.deleted_since(cutoff, report) }}) as gone
    {{ 'union' if not loop.last }}
    {%- endfor %}
),

{% endif -%}
{%- for report in reports %}
{{ report }} as (
    select *
    from {{ ref('stg_continu__' ~ report) }}
    {%- if cutoff is not none %}
    where completion_id in (select completion_id from changed)
    {%- endif %}
),

{% endfor -%}
continu as (
    select
        'continu:' || coalesce(completions.completion_id, user_content.completion_id) as completion_key,
        coalesce(completions.completion_id, user_content.completion_id) as completion_id,
        {%- for column in ['email', 'userid', 'content_id', 'assignment_id', 'completed_on', 'content_title', 'content_type', 'loaded_sequence'] %}
        case
            when {{ first_is_newer }} then coalesce(completions.{{ column }}, user_content.{{ column }})
            else coalesce(user_content.{{ column }}, completions.{{ column }})
        end as {{ column }}
        {{- ',' if not loop.last }}
        {%- endfor %}
    from content_completion as completions
    full outer join user_content
        on user_content.completion_id = completions.completion_id
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
),

completions as (
    select
        completion_key,
        'continu' as source,
        completion_id,
        {{ continu_coursebase.user_key() }} as user_key,
        'continu:' || content_id as content_key,
        assignment_id,
        completed_on as completed_at,
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
)

select
    completion_key,
    source,
    completion_id,
    user_key,
    content_key,
    assignment_id,
    completed_at,
    content_title,
    content_type,
    completion_status,
    loaded_sequence
from completions
{{ continu_coursebase.unless_held(
    cutoff, 'completions', 'completion_key',
    ['user_key', 'content_key', 'assignment_id', 'completed_at', 'content_title', 'content_type'],
) }}
