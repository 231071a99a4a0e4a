{#- Lists of texts as JSON. -#}

{#- A list of one text. -#}
{% macro json_list(column) %}{{ adapter.dispatch('json_list', 'continu_coursebase')(column) }}{% endmacro %}
{% macro default__json_list(column) %}jsonb_build_array({{ column }}){% endmacro %}
{% macro snowflake__json_list(column) %}to_variant(array_construct({{ column }})){% endmacro %}


{#- A list with one text more. -#}
{% macro json_append(list, column) %}{{ adapter.dispatch('json_append', 'continu_coursebase')(list, column) }}{% endmacro %}
{% macro default__json_append(list, column) %}{{ list }} || jsonb_build_array({{ column }}){% endmacro %}
{% macro snowflake__json_append(list, column) %}to_variant(array_append(cast({{ list }} as array), {{ column }})){% endmacro %}
