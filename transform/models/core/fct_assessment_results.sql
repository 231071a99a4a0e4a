{{ config(indexes=[
    {'columns': ['result_key'], 'unique': true},
    {'columns': ['user_key']},
    {'columns': ['content_key']},
]) }}

select
    {{ continu_coursebase.row_key('assessment_status') }} as result_key,
    {{ continu_coursebase.user_key() }} as user_key,
    'continu:' || assessment_id as content_key,
    assessment_id,
    assessment_title as title,
    assessment_attempts as attempts,
    assessment_started_date as started_at,
    assessment_completed_date as completed_at,
    assessment_score as score,
    assessment_status,
    lower(assessment_status) = 'passed' as is_passed,
    {{ continu_coursebase.present('containing_track_id') }} as containing_track_id,
    {{ continu_coursebase.present('containing_journey_id') }} as containing_journey_id
from {{ ref('stg_continu__assessment_status') }}
