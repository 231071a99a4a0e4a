{{ config(indexes=[
    {'columns': ['attendance_key'], 'unique': true},
    {'columns': ['user_key']},
    {'columns': ['content_key']},
]) }}

select
    {{ continu_coursebase.row_key('workshop_status') }} as attendance_key,
    workshop_instance_id,
    workshop_id,
    {{ continu_coursebase.user_key() }} as user_key,
    'continu:' || workshop_id as content_key,
    workshop_title as title,
    workshop_start_date as starts_at,
    workshop_end_date as ends_at,
    workshop_status,
    coalesce(lower(workshop_status) = 'attended', false) as is_attended,
    coalesce(lower(workshop_status) in ('no-show', 'no show', 'noshow', 'absent'), false) as is_no_show,
    coalesce(lower(workshop_status) in ('cancelled', 'canceled'), false) as is_cancelled
from {{ ref('stg_continu__workshop_status') }}
