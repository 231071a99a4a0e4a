{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='track_enrolment_key',
    on_schema_change='append_new_columns',
    indexes=[
        {'columns': ['track_enrolment_key'], 'unique': true},
        {'columns': ['loaded_sequence']},
        {'columns': ['user_key']},
        {'columns': ['content_key']},
    ],
    pre_hook="{{ continu_coursebase.forget('track_enrolment_key', ['track_status']) }}",
) }}

{%- set cutoff = continu_coursebase.cutoff() %}

with tracks as (
    select
        {{ continu_coursebase.row_key('track_status') }} as track_enrolment_key,
        track_id,
        {{ continu_coursebase.user_key() }} as user_key,
        'continu:' || track_id as content_key,
        track_title as title,
        {{ continu_coursebase.present('containing_journey_id') }} as containing_journey_id,
        track_status,
        track_progress as progress,
        track_completed_date as completed_at,
        track_completed_date is not null or coalesce(lower(track_status), '') = 'completed' as is_completed,
        loaded_sequence
    from {{ ref('stg_continu__track_status') }}
    where {{ continu_coursebase.is_new(cutoff) }}
)

select
    track_enrolment_key,
    track_id,
    user_key,
    content_key,
    title,
    containing_journey_id,
    track_status,
    progress,
    completed_at,
    is_completed,
    loaded_sequence
from tracks
{{ continu_coursebase.unless_held(cutoff, 'tracks', 'track_enrolment_key') }}
