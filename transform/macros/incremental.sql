{#- Which rows an incremental model reads, and which it forgets.

The loader numbers rows by the millisecond in which it received them (`_sdc_sequence`), and marks what
is gone with the instant of that (`_sdc_deleted_at`). Both grow over all tables alike, so the newest
number that a model holds tells what it has seen, however many tables it reads. -#}


{#- The number from which on rows are read: the newest of the model, less the lookback. None stands for
all rows: the model is built whole. It is a number, not a query, so that the warehouse knows how few
rows are newer and takes the index. -#}
{% macro cutoff() %}
    {%- if not execute or not is_incremental() -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set newest = run_query('select max(loaded_sequence) from ' ~ this).columns[0].values()[0] -%}
    {%- if newest is none -%}
        {{ return(none) }}
    {%- endif -%}
    {{ return((newest | int) - (var('continu_coursebase_lookback_minutes') | int) * 60000) }}
{% endmacro %}


{#- Whether a row may be newer than what the model has seen; a row that has no number always may. -#}
{% macro is_new(cutoff, column='loaded_sequence') -%}
    {%- if cutoff is none -%}
        true
    {%- else -%}
        ({{ column }} >= {{ cutoff }} or {{ column }} is null)
    {%- endif -%}
{%- endmacro %}


{#- The rows of a raw table that were marked as deleted since then, as the given columns. -#}
{% macro deleted_since(cutoff, source_name, table, columns) %}
    {%- set relation = continu_coursebase.raw_relation(source_name, table) -%}
    {%- set found = continu_coursebase.raw_columns(relation, []) if relation is not none else {} -%}
    {%- set mark = found.get('_sdc_deleted_at') -%}
    select
    {%- for column in columns %}
        {{ continu_coursebase.typed(found.get(column) if mark else none, 'text') }} as {{ column }}{{ ',' if not loop.last }}
    {%- endfor %}
    {%- if mark %}
    from {{ relation }}
    where {{ mark.name }} >= {{ continu_coursebase.instant_of_milliseconds(cutoff, mark.type) }}
    {%- else %}
    where false
    {%- endif %}
{% endmacro %}


{#- An instant given in milliseconds since 1970, of the type of the column that it is compared with. -#}
{% macro instant_of_milliseconds(milliseconds, type) %}{{ adapter.dispatch('instant_of_milliseconds', 'continu_coursebase')(milliseconds, type) }}{% endmacro %}

{% macro default__instant_of_milliseconds(milliseconds, type) -%}
    {%- if type.startswith('timestamp without') or type == 'timestamp' -%}
        (to_timestamp({{ milliseconds }} / 1000.0) at time zone 'UTC')
    {%- else -%}
        to_timestamp({{ milliseconds }} / 1000.0)
    {%- endif -%}
{%- endmacro %}

{% macro snowflake__instant_of_milliseconds(milliseconds, type) -%}
    {%- if type.startswith('timestamp_ntz') -%}
        to_timestamp_ntz({{ milliseconds }}, 3)
    {%- else -%}
        convert_timezone('UTC', to_timestamp_ntz({{ milliseconds }}, 3))
    {%- endif -%}
{%- endmacro %}


{#- To be run before an incremental model: forgets the rows that have gone since it was last built.

Rows of a stream are known by the columns of its key, which make up the model's. What still lives is
read again by the model itself. Where the loader removes rows, there is no mark: then what no longer
is in any of the views goes, which takes a look at all of them.

Args:
    key: The model's key.
    streams: Each with `source`, `table`, `view` and `columns`, and, where the model's key begins
        with it, `prefix`. -#}
{% macro forget(key, streams) %}
    {%- if not execute or not is_incremental() -%}
        {{ return('') }}
    {%- endif -%}
    {%- if var('continu_coursebase_hard_delete') -%}
        delete from {{ this }}
        where not exists (
            {%- for stream in streams %}
            select 1 from {{ stream.view }} as living
            where {{ stream.get('prefix', '') }}{{ continu_coursebase.row_key(stream.columns) }} = {{ this }}.{{ key }}
            {{- ' union all' if not loop.last }}
            {%- endfor %}
        )
    {%- else -%}
        {%- set cutoff = continu_coursebase.cutoff() -%}
        {%- if cutoff is none -%}
            {{ return('') }}
        {%- endif -%}
        delete from {{ this }}
        where {{ key }} in (
            {%- for stream in streams %}
            select {{ stream.get('prefix', '') }}{{ continu_coursebase.row_key(stream.columns) }}
            from ({{ continu_coursebase.deleted_since(cutoff, stream.source, stream.table, stream.columns) }}) as deleted
            {{- ' union all' if not loop.last }}
            {%- endfor %}
        )
    {%- endif -%}
{% endmacro %}
