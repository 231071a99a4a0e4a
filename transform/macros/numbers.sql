{#- A query of the numbers from 0 on, as column n: ten to the power of `digits` of them. -#}
{% macro numbers(digits) -%}
    select
        {%- for place in range(digits) %}
        {{ '+ ' if not loop.first }}{{ 10 ** place }} * digit_{{ place }}.n
        {%- endfor %} as n
    from
    {%- for place in range(digits) %}
        {{ 'cross join ' if not loop.first }}(
        {%- for n in range(10) %}select {{ n }} as n{{ ' union all ' if not loop.last }}{% endfor -%}
        ) as digit_{{ place }}
    {%- endfor %}
{%- endmacro %}
