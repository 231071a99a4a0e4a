{{ config(materialized='view') }}

with newest as (
    select max(window_from_at) as window_from_at
    from {{ ref('int_engagement') }}
)

select
    engagement.engagement_key,
    engagement.user_key,
    engagement.window_from_at,
    engagement.window_until_at,
    engagement.window_from_at = newest.window_from_at as is_open,
    engagement.sessions,
    engagement.views,
    engagement.seconds_viewed,
    engagement.likes,
    engagement.comments,
    engagement.shares,
    engagement.ratings,
    engagement.assignments_completed,
    engagement.assignments_pending,
    engagement.tracks_started,
    engagement.tracks_completed,
    engagement.workshops_attended,
    engagement.loaded_sequence
from {{ ref('int_engagement') }} as engagement
cross join newest
