{#- Shares, averages and percentiles: what the answers are told in. -#}

{#- How much of a whole a part is, to six digits; null if there is no whole. -#}
{% macro share(part, whole) -%}
    round(cast({{ part }} as {{ continu_coursebase.type_of('number') }}) / nullif({{ whole }}, 0), 6)
{%- endmacro %}


{#- How many rows meet a condition. -#}
{% macro count_where(condition) -%}
    count(case when {{ condition }} then 1 end)
{%- endmacro %}


{#- The value that so large a share of all values does not exceed; between two of them, in proportion. -#}
{% macro percentile(column, share) %}{{ adapter.dispatch('percentile', 'continu_coursebase')(column, share) }}{% endmacro %}

{% macro default__percentile(column, share) -%}
    cast(percentile_cont({{ share }}) within group (order by {{ column }}) as {{ continu_coursebase.type_of('number') }})
{%- endmacro %}


{#- The later one of two instants; the other one where one is null. -#}
{% macro later_of(one, other) -%}
    case when {{ one }} is null or {{ other }} > {{ one }} then {{ other }} else {{ one }} end
{%- endmacro %}


{#- An instant so many days after another one. -#}
{% macro days_after(instant, days) -%}
    cast({{ dbt.dateadd('day', days, instant) }} as {{ continu_coursebase.type_of('timestamp') }})
{%- endmacro %}
