{#- Text that may be a date, an instant or a number: read, or null where it is none, never an error.

No warehouse is asked to read what it might refuse: patterns say what the text is, and arithmetic
whether the calendar has such a day. The patterns have no backslash, which warehouses differ in. -#}

{% macro matches(text, pattern) %}{{ adapter.dispatch('matches', 'continu_coursebase')(text, pattern) }}{% endmacro %}
{% macro default__matches(text, pattern) %}({{ text }} ~ '{{ pattern }}'){% endmacro %}
{% macro snowflake__matches(text, pattern) %}(regexp_instr({{ text }}, '{{ pattern }}') > 0){% endmacro %}

{#- What the pattern's first group stands for in a text. -#}
{% macro taken(text, pattern) %}{{ adapter.dispatch('taken', 'continu_coursebase')(text, pattern) }}{% endmacro %}
{% macro default__taken(text, pattern) %}substring({{ text }} from '{{ pattern }}'){% endmacro %}
{% macro snowflake__taken(text, pattern) %}regexp_substr({{ text }}, '{{ pattern }}', 1, 1, 'e', 1){% endmacro %}


{#- How days and instants are written: 2026-03-15 or 2026/3/15, then 09:30, 09:30:15 or 09:30:15.250
after a space or T, then Z, +09 or +09:00. -#}
{% macro day_pattern() -%}
    {%- set year = '(000[1-9]|00[1-9][0-9]|0[1-9][0-9]{2}|[1-9][0-9]{3})' -%}
    {{ return(year ~ '[-/](0?[1-9]|1[0-2])[-/](0?[1-9]|[12][0-9]|3[01])') }}
{%- endmacro %}

{% macro time_pattern() %}{{ return('([01]?[0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]{1,9})?)?') }}{% endmacro %}

{% macro offset_pattern() %}{{ return('[+-](0[0-9]|1[0-4])(:[0-5][0-9])?') }}{% endmacro %}

{% macro instant_pattern() -%}
    {{ return(
        '^ *' ~ continu_coursebase.day_pattern()
        ~ '( *$|[T ]' ~ continu_coursebase.time_pattern()
        ~ '( *$| ?Z *$| ?' ~ continu_coursebase.offset_pattern() ~ ' *$))'
    ) }}
{%- endmacro %}


{#- The day that a text begins with. -#}
{% macro date_of(text) -%}
    {%- set year = '^ *([0-9]{4})' -%}
    {%- set month = '^ *[0-9]{4}[-/]([0-9]{1,2})' -%}
    {%- set day = '^ *[0-9]{4}[-/][0-9]{1,2}[-/]([0-9]{1,2})' -%}
    case
        when {{ continu_coursebase.matches(text, continu_coursebase.instant_pattern()) }} then
            {{ continu_coursebase.day_of(
                'cast(' ~ continu_coursebase.taken(text, year) ~ ' as integer)',
                'cast(' ~ continu_coursebase.taken(text, month) ~ ' as integer)',
                'cast(' ~ continu_coursebase.taken(text, day) ~ ' as integer)',
            ) }}
    end
{%- endmacro %}

{#- The day of a year (from 1), a month (1 to 12) and a day (1 to 31); null if the month has fewer. -#}
{% macro day_of(year, month, day) %}{{ adapter.dispatch('day_of', 'continu_coursebase')(year, month, day) }}{% endmacro %}

{% macro default__day_of(year, month, day) -%}
    case
        when extract(month from make_date({{ year }}, {{ month }}, 1) + ({{ day }} - 1)) = {{ month }}
            then make_date({{ year }}, {{ month }}, 1) + ({{ day }} - 1)
    end
{%- endmacro %}

{% macro snowflake__day_of(year, month, day) -%}
    case
        when month(date_from_parts({{ year }}, {{ month }}, {{ day }})) = {{ month }}
            then date_from_parts({{ year }}, {{ month }}, {{ day }})
    end
{%- endmacro %}


{#- The instant in UTC that a text tells; a day is its beginning.

Args:
    text: SQL of the text.
    zone: SQL of the name of the time zone that it is told in, where it has no offset of its own; one
        that the warehouse does not know must be null (see `zones`), and then the instant is. -#}
{% macro instant_of(text, zone="'UTC'") -%}
    {{ adapter.dispatch('instant_of', 'continu_coursebase')(text, zone) }}
{%- endmacro %}

{% macro default__instant_of(text, zone) -%}
    {%- set time = '[T ](' ~ continu_coursebase.time_pattern() ~ ')' -%}
    {%- set offset = '(' ~ continu_coursebase.offset_pattern() ~ ') *$' -%}
    {%- set told -%}
        (cast({{ continu_coursebase.date_of(text) }} as timestamp)
        + coalesce(cast({{ continu_coursebase.taken(text, time) }} as interval), interval '0'))
    {%- endset -%}
    case
        when {{ continu_coursebase.matches(text, continu_coursebase.offset_told()) }} then
            {{ told }} - coalesce(cast({{ continu_coursebase.taken(text, offset) }} || ':00' as interval), interval '0')
        else
            {{ told }} at time zone {{ zone }} at time zone 'UTC'
    end
{%- endmacro %}

{% macro snowflake__instant_of(text, zone) -%}
    {%- set sign = '([+-])[0-9]{2}(:[0-9]{2})? *$' -%}
    {%- set offset_hours = '[+-]([0-9]{2})(:[0-9]{2})? *$' -%}
    {%- set offset_minutes = '[+-][0-9]{2}:([0-9]{2}) *$' -%}
    {%- set parts = {
        'hour': '[T ]([0-9]{1,2}):[0-9]{2}',
        'minute': '[T ][0-9]{1,2}:([0-9]{2})',
        'second': '[T ][0-9]{1,2}:[0-9]{2}:([0-9]{2})',
    } -%}
    {%- set fraction = continu_coursebase.taken(text, '[.]([0-9]{1,9})') -%}
    {%- set told = namespace(sql='cast(' ~ continu_coursebase.date_of(text) ~ ' as timestamp_ntz)') -%}
    {%- for part, pattern in parts.items() -%}
        {%- set number = 'coalesce(try_to_number(' ~ continu_coursebase.taken(text, pattern) ~ '), 0)' -%}
        {%- set told.sql = dbt.dateadd(part, number, told.sql) -%}
    {%- endfor -%}
    {%- set told.sql = dbt.dateadd(
        'microsecond', "round(try_to_number(rpad(coalesce(" ~ fraction ~ ", '0'), 9, '0')) / 1000)", told.sql
    ) -%}
    case
        when {{ continu_coursebase.matches(text, continu_coursebase.offset_told()) }} then
            {{ dbt.dateadd(
                'minute',
                'iff(' ~ continu_coursebase.taken(text, sign) ~ " = '-', 1, -1) * (coalesce(try_to_number("
                ~ continu_coursebase.taken(text, offset_hours) ~ '), 0) * 60 + coalesce(try_to_number('
                ~ continu_coursebase.taken(text, offset_minutes) ~ '), 0))',
                told.sql,
            ) }}
        else
            convert_timezone({{ zone }}, 'UTC', {{ told.sql }})
    end
{%- endmacro %}

{#- Whether an instant says itself how far it is from UTC. -#}
{% macro offset_told() -%}
    {{ return(':[0-9.]+ ?(Z|' ~ continu_coursebase.offset_pattern() ~ ') *$') }}
{%- endmacro %}


{#- To be joined: the time zones that the warehouse knows, as `name`. Snowflake has no list of them;
there those of a relation are taken, which Coursebase has accepted when it was asked for the export. -#}
{% macro zones(relation) %}{{ adapter.dispatch('zones', 'continu_coursebase')(relation) }}{% endmacro %}
{% macro default__zones(relation) %}pg_timezone_names{% endmacro %}
{% macro snowflake__zones(relation) %}(select distinct time_zone as name from {{ relation }}){% endmacro %}


{#- The number that a text tells: 66.7, 1,234.5, -5, 100%, 1.5e3; of a percentage its per cents.

A comma stands between groups of three digits: where it is the decimal mark, the text is no number.
Nor is one that is longer than warehouses can hold. -#}
{% macro number_of(text) -%}
    cast(
        replace({{ continu_coursebase.taken(text, continu_coursebase.number_pattern()) }}, ',', '')
        as {{ continu_coursebase.type_of('number') }}
    )
{%- endmacro %}

{% macro number_pattern() -%}
    {%- set whole = '([0-9]{1,3}(,[0-9]{3}){1,10}|[0-9]{1,30})' -%}
    {{ return(
        '^ *([+-]?(' ~ whole ~ '([.][0-9]{0,30})?|[.][0-9]{1,30})([eE][+-]?[0-9]{1,2})?)'
        ~ ' *%? *$'
    ) }}
{%- endmacro %}

{#- The whole number that a text tells. -#}
{% macro integer_of(text) -%}
    {%- set number = continu_coursebase.number_of(text) -%}
    case
        when {{ number }} = floor({{ number }}) and abs({{ number }}) < 9e18
            then cast({{ number }} as {{ continu_coursebase.type_of('integer') }})
    end
{%- endmacro %}

{% macro boolean_of(text) -%}
    case
        when lower({{ text }}) in ('true', 't', '1') then true
        when lower({{ text }}) in ('false', 'f', '0') then false
    end
{%- endmacro %}
