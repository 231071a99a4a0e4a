{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='completion_key',
    on_schema_change='append_new_columns',
    indexes=[{'columns': ['completion_key'], 'unique': true}],
    pre_hook="{{ continu_coursebase.forget_export(ref('stg_coursebase__report_learners')) }}",
) }}

with learners as (
    select
        email_or_other_login_id as login_id,
        lower(email_or_other_login_id) as login_key,
        course_name,
        completed_at,
        status,
        row_number() over (
            partition by lower(email_or_other_login_id), course_name
            order by completed_at nulls last, row_number
        ) as completion_number,
        max(loaded_sequence) over () as export_sequence,
        loaded_sequence
    from {{ ref('stg_coursebase__report_learners') }}
    {%- if not continu_coursebase.is_export_new(ref('stg_coursebase__report_learners')) %}
    where false
    {%- endif %}
)

select
    'coursebase:' || login_key || '|' || course_name
    || case when completion_number > 1 then '|' || completion_number else '' end as completion_key,
    login_id,
    login_key,
    course_name,
    completed_at,
    status as completion_status,
    loaded_sequence,
    export_sequence
from learners
where completed_at is not null and login_key <> '' and course_name <> ''
