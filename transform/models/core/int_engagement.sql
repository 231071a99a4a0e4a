{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='engagement_key',
    on_schema_change='append_new_columns',
    indexes=[
        {'columns': ['engagement_key'], 'unique': true},
        {'columns': ['loaded_sequence']},
        {'columns': ['user_key']},
        {'columns': ['window_from_at']},
    ],
    pre_hook="{{ continu_coursebase.forget('engagement_key', ['user_engagement']) }}",
) }}

{%- set cutoff = continu_coursebase.cutoff() %}

with engagement as (
    select
        {{ continu_coursebase.row_key('user_engagement') }} as engagement_key,
        {{ continu_coursebase.user_key() }} as user_key,
        window_from as window_from_at,
        window_until as window_until_at,
        sessions,
        views,
        seconds_viewed,
        likes,
        comments,
        shares,
        ratings,
        assignments_completed,
        assignments_pending,
        tracks_started,
        tracks_completed,
        workshops_attended,
        loaded_sequence
    from {{ ref('stg_continu__user_engagement') }}
    where {{ continu_coursebase.is_new(cutoff) }}
)

select
    engagement_key,
    user_key,
    window_from_at,
    window_until_at,
    sessions,
    views,
    seconds_viewed,
    likes,
    comments,
    shares,
    ratings,
    assignments_completed,
    assignments_pending,
    tracks_started,
    tracks_completed,
    workshops_attended,
    loaded_sequence
from engagement
{{ continu_coursebase.unless_held(cutoff, 'engagement', 'engagement_key') }}
