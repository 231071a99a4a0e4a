{#- The keys of raw rows, and those that facts and dimensions share. -#}

{#- The columns that identify a row of a Continu report, as the tap sends them. -#}
{% macro key_columns(report) %}
    {{ return({
        'content_completion': ['completion_id'],
        'user_content': ['completion_id'],
        'assignment_summary': ['assignment_id', 'content_id', 'email'],
        'track_status': ['track_id', 'email', 'containing_journey_id'],
        'scorm_status': ['scorm_id', 'email', 'containing_track_id', 'containing_journey_id'],
        'assessment_status': ['assessment_id', 'email', 'containing_track_id', 'containing_journey_id'],
        'workshop_status': ['workshop_instance_id', 'email'],
        'user_engagement': ['email', 'window_from'],
        'manager_summary': ['email', 'window_from'],
        'content_engagement': ['id', 'window_from'],
    }[report]) }}
{% endmacro %}


{#- That key as one text. -#}
{% macro row_key(report) -%}
    {%- for column in continu_coursebase.key_columns(report) -%}
        {{ "to_char(window_from, 'YYYY-MM-DD\"T\"HH24:MI:SS')" if column == 'window_from' else column }}
        {{- " || '|' || " if not loop.last }}
    {%- endfor -%}
{%- endmacro %}


{#- The key of a person of Continu: the e-mail address in lower case, or `userid:` and the employee id.

What the tap has put into a key already (`userid:`, `id:`) stays as it is. -#}
{% macro user_key(email='email', userid='userid') -%}
    case
        when {{ email }} like 'userid:%' or {{ email }} like 'id:%' then {{ email }}
        when {{ email }} <> '' then lower({{ email }})
        when {{ userid }} <> '' then 'userid:' || {{ userid }}
    end
{%- endmacro %}


{#- Null in place of the constant that stands for an absent part of a key. -#}
{% macro present(column) %}nullif({{ column }}, '(none)'){% endmacro %}


{#- Null of a declared type. -#}
{% macro nothing(data_type) %}cast(null as {{ continu_coursebase.type_of(data_type) }}){% endmacro %}
