{#- How snapshots see what has gone, and what was so on a day.

dbt's own `hard_deletes` compares all rows with all rows at each run, and dates what has gone in the
time zone of the session. Here a snapshot is given, beside its source's rows, those that have gone as
they were last, with `is_deleted`: what is checked has then changed, and dbt ends the old version when
the row went. -#}

{#- A snapshot as it stands; none before its first run. -#}
{% macro snapshot_so_far() %}
    {%- if execute and var('continu_coursebase_assume_all') -%}
        {{ return(none if should_full_refresh() else this) }}
    {%- endif -%}
    {{ return(load_relation(this) if execute else none) }}
{% endmacro %}


{#- What was so at an instant: the rows of a history that were valid then, to stand in `from`.

Args:
    history: The relation, with `valid_from_at` and `valid_until_at`.
    instant: SQL of an instant in UTC, such as "timestamp '2026-03-15 12:00:00'". -#}
{% macro valid_at(history, instant) -%}
    (
        select *
        from {{ history }}
        where valid_from_at <= {{ instant }}
            and (valid_until_at is null or valid_until_at > {{ instant }})
    )
{%- endmacro %}


{#- What was so at the end of a day in UTC, to stand in `from`.

Args:
    history: As above.
    day: SQL of a date, such as "date '2026-03-15'". -#}
{% macro valid_on(history, day) -%}
    {%- set following = 'cast(' ~ dbt.dateadd('day', 1, day) ~ ' as ' ~ continu_coursebase.type_of('timestamp') ~ ')' -%}
    (
        select *
        from {{ history }}
        where valid_from_at < {{ following }}
            and (valid_until_at is null or valid_until_at >= {{ following }})
    )
{%- endmacro %}
