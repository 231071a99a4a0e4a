{#- What the reconciliation's models share: its checks, and numbers as rows. -#}

{#- Each check: its name, the stream whose numbers are checked, the one that they are counted again
from, whose numbers they are, and which. Whose and which together name one check. -#}
{% macro checks() %}
    {{ return([
        {'name': 'user_engagement_assignments', 'stream': 'continu_user_engagement', 'counted_from': 'continu_assignment_summary', 'entity': 'user', 'metrics': ['assignments_completed', 'assignments_pending']},
        {'name': 'user_engagement_tracks', 'stream': 'continu_user_engagement', 'counted_from': 'continu_track_status', 'entity': 'user', 'metrics': ['tracks_completed']},
        {'name': 'user_engagement_workshops', 'stream': 'continu_user_engagement', 'counted_from': 'continu_workshop_status', 'entity': 'user', 'metrics': ['workshops_attended']},
        {'name': 'manager_summary_assignments', 'stream': 'continu_manager_summary', 'counted_from': 'continu_assignment_summary', 'entity': 'manager', 'metrics': ['assignments_completed', 'assignments_pending']},
        {'name': 'manager_summary_tracks', 'stream': 'continu_manager_summary', 'counted_from': 'continu_track_status', 'entity': 'manager', 'metrics': ['tracks_completed']},
        {'name': 'manager_summary_workshops', 'stream': 'continu_manager_summary', 'counted_from': 'continu_workshop_status', 'entity': 'manager', 'metrics': ['workshops_attended']},
        {'name': 'manager_summary_reports', 'stream': 'continu_manager_summary', 'counted_from': 'continu_user_engagement', 'entity': 'manager', 'metrics': ['direct_reports', 'sessions', 'views', 'likes', 'comments', 'shares', 'ratings', 'tracks_started']},
        {'name': 'content_engagement_assignments', 'stream': 'continu_content_engagement', 'counted_from': 'continu_assignment_summary', 'entity': 'content', 'metrics': ['assignments_completed', 'assignments_pending']},
        {'name': 'pivoted_content_assignments', 'stream': 'continu_pivoted_content_assignments', 'counted_from': 'continu_assignment_summary', 'entity': 'content', 'metrics': ['assigned', 'completed']},
        {'name': 'pivoted_user_assignments', 'stream': 'continu_pivoted_user_assignments', 'counted_from': 'continu_assignment_summary', 'entity': 'user', 'metrics': ['assigned', 'completed']},
        {'name': 'user_content_completions', 'stream': 'continu_user_content', 'counted_from': 'continu_content_completion', 'entity': 'user', 'metrics': ['completions']},
        {'name': 'workshop_engagement_seats', 'stream': 'continu_workshop_engagement', 'counted_from': 'continu_workshop_status', 'entity': 'workshop', 'metrics': ['attended', 'absent']},
    ]) }}
{% endmacro %}


{#- Numbers as rows, one a metric: whose they are, of which window, metric and value. -#}
{% macro metrics_as_rows(relation, entity, metrics) -%}
    select
        '{{ entity }}' as entity,
        numbers.window_from_at,
        numbers.window_until_at,
        numbers.entity_key,
        metrics.metric,
        case metrics.metric
            {%- for metric in metrics %}
            when '{{ metric }}' then numbers.{{ metric }}
            {%- endfor %}
        end as value
    from {{ relation }} as numbers
    cross join (
        {%- for metric in metrics %}
        select '{{ metric }}' as metric{{ ' union all' if not loop.last }}
        {%- endfor %}
    ) as metrics
{%- endmacro %}
