{#- The keys that facts and dimensions share. -#}

{#- The key of a row made of several columns, none of which is null. -#}
{% macro row_key(columns) -%}
    {%- for column in columns -%}
        cast({{ column }} as {{ continu_coursebase.type_of('text') }}){{ " || '|' || " if not loop.last }}
    {%- endfor -%}
{%- endmacro %}


{#- The key of a person of Continu: the e-mail address in lower case, or `userid:` and the employee id.

What the tap has put into a key already (`userid:`, `id:`) stays as it is. -#}
{% macro user_key(email, userid) -%}
    case
        when {{ email }} like 'userid:%' or {{ email }} like 'id:%' then {{ email }}
        when {{ email }} <> '' then lower({{ email }})
        when {{ userid }} <> '' then 'userid:' || {{ userid }}
    end
{%- endmacro %}


{#- Null in place of the constant that stands for an absent part of a key. -#}
{% macro present(column) %}nullif({{ column }}, '(none)'){% endmacro %}
