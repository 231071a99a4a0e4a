{#- What differs between warehouses: types, instants and JSON.

An instant is a timestamp without time zone that holds UTC, so that no session's time zone shifts it. -#}

{% macro type_of(data_type) %}{{ return(adapter.dispatch('type_of', 'continu_coursebase')(data_type)) }}{% endmacro %}

{% macro default__type_of(data_type) %}
    {{ return({
        'text': 'text', 'boolean': 'boolean', 'integer': 'bigint', 'number': 'numeric',
        'date': 'date', 'timestamp': 'timestamp', 'json': 'jsonb',
    }[data_type]) }}
{% endmacro %}

{% macro snowflake__type_of(data_type) %}
    {{ return({
        'text': 'varchar', 'boolean': 'boolean', 'integer': 'bigint', 'number': 'double',
        'date': 'date', 'timestamp': 'timestamp_ntz', 'json': 'variant',
    }[data_type]) }}
{% endmacro %}


{#- A column of instants, whichever type the loader gave it. -#}
{% macro instant(column, type) %}{{ adapter.dispatch('instant', 'continu_coursebase')(column, type) }}{% endmacro %}

{% macro default__instant(column, type) -%}
    {%- if type.startswith('timestamp without') or type == 'timestamp' -%}
        {{ column }}
    {%- else -%}
        cast({{ column }} as timestamp with time zone) at time zone 'UTC'
    {%- endif -%}
{%- endmacro %}

{% macro snowflake__instant(column, type) -%}
    {%- if type.startswith('timestamp_ntz') -%}
        {{ column }}
    {%- else -%}
        cast(convert_timezone('UTC', cast({{ column }} as timestamp_tz)) as timestamp_ntz)
    {%- endif -%}
{%- endmacro %}


{#- The present, or what the variable says it is: an instant in UTC. -#}
{% macro as_of() -%}
    {%- set said = var('continu_coursebase_as_of') -%}
    {%- if said -%}
        cast('{{ said }}' as {{ continu_coursebase.type_of('timestamp') }})
    {%- else -%}
        {{ continu_coursebase.now_in_utc() }}
    {%- endif -%}
{%- endmacro %}

{% macro now_in_utc() %}{{ adapter.dispatch('now_in_utc', 'continu_coursebase')() }}{% endmacro %}
{% macro default__now_in_utc() %}(current_timestamp at time zone 'UTC'){% endmacro %}
{% macro snowflake__now_in_utc() %}cast(convert_timezone('UTC', current_timestamp()) as timestamp_ntz){% endmacro %}


{#- A column of JSON, whichever type the loader gave it; the JSON value null is SQL's.

Text is read as the JSON that it holds, and is a JSON text where it holds none. PostgreSQL can tell
which as of version 16; before, text always stays text. -#}
{% macro json(column, type='jsonb') %}{{ adapter.dispatch('json', 'continu_coursebase')(column, type) }}{% endmacro %}

{% macro default__json(column, type) -%}
    {%- if type in ('jsonb', 'json') -%}
        nullif(cast({{ column }} as jsonb), 'null')
    {%- elif continu_coursebase.is_text(type) and continu_coursebase.can_tell_json() -%}
        nullif(
            case when pg_input_is_valid({{ column }}, 'jsonb') then cast({{ column }} as jsonb) else to_jsonb({{ column }}) end,
            'null'
        )
    {%- else -%}
        nullif(to_jsonb({{ column }}), 'null')
    {%- endif -%}
{%- endmacro %}

{% macro snowflake__json(column, type) -%}
    {%- if continu_coursebase.is_text(type) -%}
        strip_null_value(coalesce(try_parse_json({{ column }}), to_variant({{ column }})))
    {%- else -%}
        strip_null_value(to_variant({{ column }}))
    {%- endif -%}
{%- endmacro %}

{% macro is_text(type) %}{{ return(type.startswith(('text', 'char', 'varchar', 'string'))) }}{% endmacro %}

{% macro can_tell_json() %}
    {{ return(execute and run_query('show server_version_num').columns[0].values()[0] | int >= 160000) }}
{% endmacro %}


{#- A JSON object of columns by name, with JSON null for what is null; null of no columns. -#}
{% macro json_object(columns) %}{{ adapter.dispatch('json_object', 'continu_coursebase')(columns) }}{% endmacro %}

{% macro default__json_object(columns) -%}
    {#- A function takes a hundred arguments. -#}
    {%- for some in columns.items() | batch(50) -%}
        jsonb_build_object({{ continu_coursebase.names_and_values(some) }}){{ ' || ' if not loop.last }}
    {%- else -%}
        cast(null as jsonb)
    {%- endfor -%}
{%- endmacro %}

{% macro snowflake__json_object(columns) -%}
    {%- if columns -%}
        cast(object_construct_keep_null({{ continu_coursebase.names_and_values(columns.items()) }}) as variant)
    {%- else -%}
        cast(null as variant)
    {%- endif -%}
{%- endmacro %}

{% macro names_and_values(items) -%}
    {%- for name, column in items -%}
        {{ dbt.string_literal(dbt.escape_single_quotes(name)) }}, {{ column }}{{ ', ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}


{#- The text of an object's property; null if it is not there. -#}
{% macro json_text(column, property) %}{{ adapter.dispatch('json_text', 'continu_coursebase')(column, property) }}{% endmacro %}
{% macro default__json_text(column, property) %}({{ column }} ->> '{{ property }}'){% endmacro %}
{% macro snowflake__json_text(column, property) %}cast({{ column }}:{{ property }} as varchar){% endmacro %}


{#- An object's property as JSON; null if it is not there. -#}
{% macro json_part(column, property) %}{{ adapter.dispatch('json_part', 'continu_coursebase')(column, property) }}{% endmacro %}
{% macro default__json_part(column, property) %}({{ column }} -> '{{ property }}'){% endmacro %}
{% macro snowflake__json_part(column, property) %}get({{ column }}, '{{ property }}'){% endmacro %}


{#- Whether JSON is an object. -#}
{% macro json_is_object(column) %}{{ adapter.dispatch('json_is_object', 'continu_coursebase')(column) }}{% endmacro %}
{% macro default__json_is_object(column) %}(jsonb_typeof({{ column }}) = 'object'){% endmacro %}
{% macro snowflake__json_is_object(column) %}is_object({{ column }}){% endmacro %}


{#- The text of a JSON scalar. -#}
{% macro json_scalar(column) %}{{ adapter.dispatch('json_scalar', 'continu_coursebase')(column) }}{% endmacro %}
{% macro default__json_scalar(column) %}({{ column }} #>> '{}'){% endmacro %}
{% macro snowflake__json_scalar(column) %}cast({{ column }} as varchar){% endmacro %}


{#- To stand after a table in `from`: a row for each element of a list, as alias.value (JSON) and
alias.index (from 0). What is no list has no rows. -#}
{% macro elements(column, alias) %}{{ adapter.dispatch('elements', 'continu_coursebase')(column, alias) }}{% endmacro %}

{% macro default__elements(column, alias) -%}
    cross join lateral (
        select item.value, item.position - 1 as index
        from jsonb_array_elements(
            case jsonb_typeof({{ column }}) when 'array' then {{ column }} else '[]' end
        ) with ordinality as item (value, position)
    ) as {{ alias }}
{%- endmacro %}

{% macro snowflake__elements(column, alias) -%}
    , lateral flatten(input => case when is_array({{ column }}) then {{ column }} end) as {{ alias }}
{%- endmacro %}


{#- Likewise a row for each property of an object, as alias.key (text) and alias.value (JSON). -#}
{% macro properties(column, alias) %}{{ adapter.dispatch('properties', 'continu_coursebase')(column, alias) }}{% endmacro %}

{% macro default__properties(column, alias) -%}
    cross join lateral (
        select item.key, item.value
        from jsonb_each(
            case jsonb_typeof({{ column }}) when 'object' then {{ column }} else '{}' end
        ) as item (key, value)
    ) as {{ alias }}
{%- endmacro %}

{% macro snowflake__properties(column, alias) -%}
    , lateral flatten(input => case when is_object({{ column }}) then {{ column }} end) as {{ alias }}
{%- endmacro %}
