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
    pre_hook="{{ continu_coursebase.forget('completion_key', ['content_completion', 'user_content'], 'continu:') }}",
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
            partition by completion_id order by extracted_at desc, precedence
        ) as position
    from reported
)

select
    'continu:' || completion_id as completion_key,
    'continu' as source,
    completion_id,
    user_key,
    'continu:' || content_id as content_key,
    assignment_id,
    completed_at,
    content_title,
    content_type,
    loaded_sequence
from ranked
where position = 1
