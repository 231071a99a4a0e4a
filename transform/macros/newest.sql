{#- A model of the newest row that each thing has in each report: incremental, and the same as if it
were built anew.

What a row says of a thing holds until a newer row says something else. A row can also go, or come to
speak of another thing; if it was the newest of its thing (`seen_key` tells), the thing's other rows
are looked through once.

Each report is an object with `report`, `expressions` (of the model's columns, by name), and, where
that is not when the row was read, `newest_at`: what makes one row newer than another. -#}


{#- The statement of such a model.

Args:
    thing: The column that tells what a row speaks of.
    key: The model's key, made of the thing and the report.
    reports: As above. -#}
{% macro newest_rows(thing, key, reports) %}
    {%- set cutoff = none if var('continu_coursebase_hard_delete') else continu_coursebase.cutoff() -%}
    {%- set columns = reports[0].expressions.keys() | list -%}

with candidates as (
    {%- for one in reports %}
    select
        {{ continu_coursebase.spoken_of(one) | indent(8) }}
    from {{ ref('stg_continu__' ~ one.report) }}
    where {{ continu_coursebase.is_new(cutoff) }}
        and ({{ one.expressions[thing] }}, {{ continu_coursebase.newest_at(one) }}) in (
            select {{ one.expressions[thing] }}, max({{ continu_coursebase.newest_at(one) }})
            from {{ ref('stg_continu__' ~ one.report) }}
            where {{ continu_coursebase.is_new(cutoff) }}
            group by 1
        )
    {%- if cutoff is not none %}
    union all
    select
        {{ continu_coursebase.spoken_of(one) | indent(8) }}
    from {{ ref('stg_continu__' ~ one.report) }}
    where {{ one.expressions[thing] }} in (
        select {{ thing }} from {{ this }} where seen_in = '{{ one.report }}' and seen_key is null
    )
    {%- endif %}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

contenders as (
    select *
    from candidates
    where {{ thing }} is not null
    {%- if cutoff is not none %}
    union all
    select
        seen_in, seen_key, newest_at, seen_at, loaded_sequence, {{ columns | join(', ') }}
    from {{ this }}
    where seen_key is not null
        and {{ key }} in (select {{ thing }} || '|' || seen_in from candidates)
    {%- endif %}
),

ranked as (
    select
        contenders.*,
        row_number() over (
            partition by {{ thing }}, seen_in
            order by newest_at desc, seen_at desc nulls last, loaded_sequence desc nulls last, seen_key
        ) as position
    from contenders
),

newest as (
    select
        {{ thing }} || '|' || seen_in as {{ key }},
        {%- for column in columns %}
        {{ column }},
        {%- endfor %}
        seen_in,
        seen_key,
        newest_at,
        seen_at,
        loaded_sequence
    from ranked
    where position = 1
)

select
    {{ key }},
    {%- for column in columns %}
    {{ column }},
    {%- endfor %}
    seen_in,
    seen_key,
    newest_at,
    seen_at,
    loaded_sequence
from newest
{{ continu_coursebase.unless_held(cutoff, 'newest', key, ['seen_key']) }}
{% endmacro %}


{#- The columns of such a model, as a report's row gives them. -#}
{% macro spoken_of(one) -%}
    '{{ one.report }}' as seen_in,
    {{ continu_coursebase.row_key(one.report) }} as seen_key,
    {{ continu_coursebase.newest_at(one) }} as newest_at,
    extracted_at as seen_at,
    loaded_sequence
    {%- for name, expression in one.expressions.items() %},
    {{ expression }} as {{ name }}
    {%- endfor %}
{%- endmacro %}


{#- What makes one row newer than another; where the loader does not tell when it was read, all are alike. -#}
{% macro newest_at(one) -%}
    {{ one.get('newest_at', "coalesce(extracted_at, cast('1970-01-01' as " ~ continu_coursebase.type_of('timestamp') ~ '))') }}
{%- endmacro %}


{#- To be run before such a model: takes `seen_key` from rows that no longer say what they said. -#}
{% macro doubt(thing, key, reports) %}
    {%- if not continu_coursebase.goes_on() -%}
        {{ return('') }}
    {%- endif -%}
    {%- set cutoff = none if var('continu_coursebase_hard_delete') else continu_coursebase.cutoff() -%}
    {%- if cutoff is none -%}
        delete from {{ this }}
    {%- else -%}
        update {{ this }} set seen_key = null
        where {{ key }} in (
            {%- for one in reports %}
            select held.{{ key }}
            from {{ this }} as held
            inner join ({{ continu_coursebase.deleted_since(cutoff, one.report) }}) as gone on gone.row_key = held.seen_key
            where held.seen_in = '{{ one.report }}'
            union all
            select held.{{ key }}
            from {{ this }} as held
            inner join (
                select
                    {{ continu_coursebase.row_key(one.report) }} as row_key,
                    {{ one.expressions[thing] }} as {{ thing }},
                    {{ continu_coursebase.newest_at(one) }} as newest_at
                from {{ ref('stg_continu__' ~ one.report) }}
                where {{ continu_coursebase.is_new(cutoff) }}
            ) as read_again on read_again.row_key = held.seen_key
            where held.seen_in = '{{ one.report }}'
                and (
                    read_again.{{ thing }} is null
                    or read_again.{{ thing }} <> held.{{ thing }}
                    or read_again.newest_at < held.newest_at
                )
            {{- ' union all' if not loop.last }}
            {%- endfor %}
        )
    {%- endif -%}
{% endmacro %}


{#- To be run after it: what no row speaks of any more is forgotten. -#}
{% macro settle() %}
    {{- 'delete from ' ~ this ~ ' where seen_key is null' if continu_coursebase.goes_on() else '' -}}
{% endmacro %}
