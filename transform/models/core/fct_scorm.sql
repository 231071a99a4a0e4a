{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='scorm_enrolment_key',
    on_schema_change='append_new_columns',
    indexes=[
        {'columns': ['scorm_enrolment_key'], 'unique': true},
        {'columns': ['loaded_sequence']},
        {'columns': ['user_key']},
        {'columns': ['content_key']},
    ],
    pre_hook="{{ continu_coursebase.forget('scorm_enrolment_key', ['scorm_status']) }}",
) }}

{%- set cutoff = continu_coursebase.cutoff() %}

with packages as (
    select
        {{ continu_coursebase.row_key('scorm_status') }} as scorm_enrolment_key,
        scorm_id,
        {{ continu_coursebase.user_key() }} as user_key,
        'continu:' || scorm_id as content_key,
        scorm_title as title,
        {{ continu_coursebase.present('containing_track_id') }} as containing_track_id,
        {{ continu_coursebase.present('containing_journey_id') }} as containing_journey_id,
        scorm_status,
        scorm_started_date as started_at,
        scorm_last_updated_date as updated_at,
        coalesce(lower(scorm_status) in ('completed', 'passed'), false) as is_completed,
        loaded_sequence
    from {{ ref('stg_continu__scorm_status') }}
    where {{ continu_coursebase.is_new(cutoff) }}
)

select
    scorm_enrolment_key,
    scorm_id,
    user_key,
    content_key,
    title,
    containing_track_id,
    containing_journey_id,
    scorm_status,
    started_at,
    updated_at,
    is_completed,
    loaded_sequence
from packages
{{ continu_coursebase.unless_held(cutoff, 'packages', 'scorm_enrolment_key') }}
