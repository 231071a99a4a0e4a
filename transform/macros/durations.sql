{#- The days from one instant to another, with their fraction. -#}

{% macro days_between(start, until) %}{{ adapter.dispatch('days_between', 'continu_coursebase')(start, until) }}{% endmacro %}

{% macro default__days_between(start, until) -%}
    (cast(extract(epoch from ({{ until }} - {{ start }})) as numeric) / 86400)
{%- endmacro %}

{% macro snowflake__days_between(start, until) -%}
    (cast(datediff(microsecond, {{ start }}, {{ until }}) as double) / 86400000000)
{%- endmacro %}
