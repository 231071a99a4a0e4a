{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='assignment_key',
    on_schema_change='append_new_columns',
    indexes=[
        {'columns': ['assignment_key'], 'unique': true},
        {'columns': ['loaded_sequence']},
        {'columns': ['user_key']},
        {'columns': ['content_key']},
    ],
    pre_hook="{{ continu_coursebase.forget('assignment_key', ['assignment_summary']) }}",
) }}

{%- set cutoff = continu_coursebase.cutoff() %}

with assignments as (
    select
        {{ continu_coursebase.row_key('assignment_summary') }} as assignment_key,
        assignment_id,
        content_id,
        {{ continu_coursebase.user_key() }} as user_key,
        'continu:' || content_id as content_key,
        content_title,
        content_type,
        assigner_email,
        assigned_date as assigned_at,
        due_date as due_at,
        completed_date as completed_at,
        updated_date as updated_at,
        assignment_status,
        lower(assignment_status) as status_word,
        extracted_at as seen_at,
        loaded_sequence
    from {{ ref('stg_continu__assignment_summary') }}
    where {{ continu_coursebase.is_new(cutoff) }}
)

select
    assignment_key,
    assignment_id,
    content_id,
    user_key,
    content_key,
    content_title,
    content_type,
    assigner_email,
    assigned_at,
    due_at,
    completed_at,
    updated_at,
    assignment_status,
    completed_at is not null or coalesce(status_word, '') = 'completed' as is_completed,
    coalesce(status_word, '') = 'removed' as is_removed,
    {{ continu_coursebase.days_between('assigned_at', 'completed_at') }} as days_to_complete,
    coalesce(completed_at > due_at, false) as is_late,
    seen_at,
    loaded_sequence
from assignments
{{ continu_coursebase.unless_held(cutoff, 'assignments', 'assignment_key') }}
