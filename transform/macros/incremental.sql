{#- Which rows an incremental model reads, and which it forgets.

The loader numbers rows by the millisecond in which it received them (`_sdc_sequence`), and marks what
is gone with the instant of that (`_sdc_deleted_at`). Both grow over all tables alike, so the newest
number that a model holds tells what it has seen, however many tables it reads. -#}


{#- Whether a model goes on from what it holds. Where nothing may be asked of the warehouse, every
incremental model does, unless it is to be filled anew. -#}
{% macro goes_on() %}
    {%- if execute and var('continu_coursebase_assume_all') -%}
        {{ return(model.config.materialized == 'incremental' and not should_full_refresh()) }}
    {%- endif -%}
    {{ return(execute and is_incremental()) }}
{% endmacro %}


{#- The number from which on rows are read: the newest of the model, less the lookback. None stands for
all rows. It is a number, not a query, so that the warehouse knows how few rows are newer and takes
the index. -#}
{% macro cutoff() %}
    {%- if not continu_coursebase.goes_on() -%}
        {{ return(none) }}
    {%- endif -%}
    {{ return(continu_coursebase.cutoff_of(this)) }}
{% endmacro %}

{% macro cutoff_of(relation) %}
    {%- if var('continu_coursebase_assume_all') -%}
        {{ return(0) }}
    {%- endif -%}
    {%- set newest = run_query('select max(loaded_sequence) from ' ~ relation).columns[0].values()[0] -%}
    {%- if newest is none -%}
        {{ return(none) }}
    {%- endif -%}
    {{ return((newest | int) - (var('continu_coursebase_lookback_minutes') | int) * 60000) }}
{% endmacro %}


{#- Whether a row may be newer than what has been seen; a row that has no number always may. -#}
{% macro is_new(cutoff) -%}
    {{ 'true' if cutoff is none else '(loaded_sequence >= ' ~ cutoff ~ ' or loaded_sequence is null)' }}
{%- endmacro %}


{#- To stand at the end of an incremental model's statement: leaves out the rows that it holds already,
so that what is read again within the lookback is not written again. A row that the loader has not
touched since has the same number.

Args:
    cutoff: As above.
    rows: The rows' name.
    key: The model's key.
    columns: Further columns that tell whether a row is the same. -#}
{% macro unless_held(cutoff, rows, key, columns=[]) -%}
    {%- if cutoff is not none -%}
where not exists (
    select 1
    from {{ this }} as held
    where held.{{ key }} = {{ rows }}.{{ key }}
        and held.loaded_sequence = {{ rows }}.loaded_sequence
        {%- for column in columns %}
        and held.{{ column }} is not distinct from {{ rows }}.{{ column }}
        {%- endfor %}
)
    {%- endif -%}
{%- endmacro %}


{#- The rows of a Continu report that were marked as deleted since then: their key as one text, and
the instant. -#}
{% macro deleted_since(cutoff, report) %}
    {%- set relation = continu_coursebase.raw_relation('continu', 'continu_' ~ report) -%}
    {%- set key = [] -%}
    {%- for column in continu_coursebase.key_columns(report) -%}
        {%- do key.append({'name': column, 'data_type': 'timestamp' if column == 'window_from' else 'text', 'meta': {}}) -%}
    {%- endfor -%}
    {%- set found = continu_coursebase.raw_columns(relation, key) -%}
    {%- set mark = found.get('_sdc_deleted_at') -%}
    select {{ continu_coursebase.row_key(report) }} as row_key, deleted_at
    from (
        select
            {%- for column in key %}
            {{ continu_coursebase.typed(found.get(column.name), column.data_type) }} as {{ column.name }},
            {%- endfor %}
            {{ continu_coursebase.typed(mark, 'timestamp') }} as deleted_at
        {%- if mark %}
        from {{ relation }}
        where {{ mark.name }} >= {{ continu_coursebase.instant_of_milliseconds(cutoff, mark.type) }}
        {%- else %}
        where false
        {%- endif %}
    ) as {{ report }}
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
        convert_timezone('UTC', to_timestamp_tz({{ milliseconds }}, 3))
    {%- endif -%}
{%- endmacro %}


{#- To be run before an incremental model: forgets the rows that have gone since it was last built.

What lives on in another report is read again by the model itself. Where the loader removes rows there
is no mark: then whatever no report holds any more is forgotten, which takes a look at all rows. Where
it does not number rows, nothing tells what is newer, and the model is filled anew.

Args:
    key: The model's key.
    reports: The reports whose rows it holds, by their own key.
    prefix: What the model's key has before that. -#}
{% macro forget(key, reports, prefix='') %}
    {%- if not continu_coursebase.goes_on() -%}
        {{ return('') }}
    {%- endif -%}
    {%- set cutoff = continu_coursebase.cutoff() -%}
    delete from {{ this }} as held
    {%- if prefix %}
    where held.{{ key }} like '{{ prefix }}%'
    {%- else %}
    where true
    {%- endif %}
    {%- if cutoff is not none and var('continu_coursebase_hard_delete') %}
        {%- for report in reports %}
        and not exists (
            select 1
            from {{ ref('stg_continu__' ~ report) }} as living
            where '{{ prefix }}' || {{ continu_coursebase.row_key(report) }} = held.{{ key }}
        )
        {%- endfor %}
    {%- elif cutoff is not none %}
        and held.{{ key }} in (
            {%- for report in reports %}
            select '{{ prefix }}' || row_key
            from ({{ continu_coursebase.deleted_since(cutoff, report) }}) as gone
            {{- ' union all' if not loop.last }}
            {%- endfor %}
        )
    {%- endif %}
{% endmacro %}


{#- Whether a Coursebase export has come anew since the model was last built. An export comes whole, so
then the model is filled anew; `export_sequence` holds the newest number of the one it was filled from. -#}
{% macro is_export_new(view) %}
    {%- if not continu_coursebase.goes_on() or var('continu_coursebase_assume_all') -%}
        {{ return(true) }}
    {%- endif -%}
    {%- set newest = run_query('select max(loaded_sequence) from ' ~ view).columns[0].values()[0] -%}
    {%- set held = run_query('select max(export_sequence) from ' ~ this).columns[0].values()[0] -%}
    {{ return(newest is none or newest != held) }}
{% endmacro %}


{#- To be run before such a model: forgets all of it, if it is to be filled anew. -#}
{% macro forget_export(view) %}
    {{- 'delete from ' ~ this if continu_coursebase.goes_on() and continu_coursebase.is_export_new(view) else '' -}}
{% endmacro %}


{#- To be run before an incremental model: forgets the rows with this prefix that another one has not. -#}
{% macro forget_missing(key, prefix, relation) %}
    {%- if continu_coursebase.goes_on() -%}
    delete from {{ this }} as held
    where held.{{ key }} like '{{ prefix }}%'
        and not exists (select 1 from {{ relation }} as living where living.{{ key }} = held.{{ key }})
    {%- endif -%}
{% endmacro %}
