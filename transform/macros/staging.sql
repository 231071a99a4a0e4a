{#- Staging: one view a raw table, with the columns that the model's YAML declares.

A stream that was not selected has no table, a column that was not selected is not there: the first
is a view without rows, the second is null, so that all models exist whatever is loaded. -#}

{% macro staged(source_name, table, living_only=true) %}
    {%- set relation = continu_coursebase.raw_relation(source_name, table) -%}
    {%- set columns = continu_coursebase.declared_columns() -%}
    {%- set found = continu_coursebase.raw_columns(relation, columns.values()) -%}
    select
    {%- for column in columns.values() %}
        {{ continu_coursebase.typed(found.get(column.meta.get('raw', column.name)), column.data_type) }} as {{ continu_coursebase.named(column.name) }}
        {{- ',' if not loop.last }}
    {%- endfor %}
    {%- if relation is none %}
    where false
    {%- else %}
    from {{ relation }}
    {%- if living_only and '_sdc_deleted_at' in found %}
    where {{ found['_sdc_deleted_at'].name }} is null
    {%- endif %}
    {%- endif %}
{% endmacro %}


{#- A view of the exports of a type: texts as they came, and beside them what they tell.

Headers are not published, and depend on language and organisation. A column's `raw` is the one that
the tap makes of the documented English header, unless `continu_coursebase_report_columns` names
another; `parsed_from` is the text that a column is read from. All further raw columns are kept in
`additional_columns`. Times stand in the time zone of the export. -#}

{% macro exported(report) %}
    {%- set relation = continu_coursebase.raw_relation('coursebase', 'coursebase_report_' ~ report) -%}
    {%- set columns = continu_coursebase.declared_columns() -%}
    {%- set found = continu_coursebase.raw_columns(
        relation, columns.values() | rejectattr('name', 'equalto', 'additional_columns')
    ) -%}
    {%- set raw_names = continu_coursebase.raw_names(report, columns.values(), found) -%}
    {%- set further = {} -%}
    {%- for name, column in found.items() if name not in raw_names.values() and not name.startswith('_sdc_') -%}
        {%- do further.update({name: column.name}) -%}
    {%- endfor -%}
    {%- set parsers = {'date': continu_coursebase.date_of, 'number': continu_coursebase.number_of} -%}
    with exported as (
        select
        {%- for name, raw in raw_names.items() %}
            {{ continu_coursebase.typed(found.get(raw), columns[name].data_type) }} as {{ name }},
        {%- endfor %}
            {{ continu_coursebase.json_object(further) }} as additional_columns
        {%- if relation is none %}
        where false
        {%- else %}
        from {{ relation }}
        {%- if '_sdc_deleted_at' in found %}
        where {{ found['_sdc_deleted_at'].name }} is null
        {%- endif %}
        {%- endif %}
    )

    select
    {%- for column in columns.values() %}
        {%- set text = 'exported.' ~ column.meta.get('parsed_from', column.name) %}
        {%- if text == 'exported.' ~ column.name %}
        {{ text }}
        {%- elif column.data_type == 'timestamp' %}
        {{ continu_coursebase.instant_of(text, 'zones.name') }} as {{ column.name }}
        {%- else %}
        {{ parsers[column.data_type](text) }} as {{ column.name }}
        {%- endif %}
        {{- ',' if not loop.last }}
    {%- endfor %}
    from exported
    left join {{ continu_coursebase.zones('exported') }} as zones on exported.time_zone = zones.name
{% endmacro %}


{#- The raw column of each column of an export's view that is not parsed from another. -#}
{% macro raw_names(report, columns, found) %}
    {%- set chosen = var('continu_coursebase_report_columns').get(report, {}) -%}
    {%- set names = {} -%}
    {%- for column in columns if not column.meta.get('parsed_from') and column.name != 'additional_columns' -%}
        {%- do names.update({column.name: chosen.get(column.name, column.meta.get('raw', column.name))}) -%}
    {%- endfor -%}
    {%- for name, raw in chosen.items() -%}
        {%- if execute and name not in names -%}
            {%- do exceptions.raise_compiler_error(
                'continu_coursebase_report_columns: the report ' ~ report ~ ' has no column ' ~ name
                ~ ', only ' ~ names | join(', ')
            ) -%}
        {%- elif found and raw not in found -%}
            {%- do exceptions.warn(
                'continu_coursebase_report_columns: no column ' ~ raw ~ ' is loaded of the report ' ~ report
                ~ ', so ' ~ name ~ ' is null; there are ' ~ found | join(', ')
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(names) }}
{% endmacro %}


{#- The loader's table of a stream; none if there is no such table. -#}
{% macro raw_relation(source_name, table) %}
    {%- set relation = source(source_name, table) -%}
    {%- if not execute or var('continu_coursebase_assume_all') -%}
        {{ return(relation) }}
    {%- endif -%}
    {{ return(adapter.get_relation(relation.database, relation.schema, relation.identifier)) }}
{% endmacro %}


{#- The columns that the model's YAML declares, by name. A unit test, which is not told them, says them. -#}
{% macro declared_columns() %}{{ return(model.columns) }}{% endmacro %}


{#- The columns of a table by name: each as the warehouse's type in lower case. -#}
{% macro raw_columns(relation, declared) %}
    {%- set found = {} -%}
    {%- if relation is none or not execute -%}
    {%- elif var('continu_coursebase_assume_all') -%}
        {%- for column in declared if not column.meta.get('parsed_from') -%}
            {%- set name = column.meta.get('raw', column.name) -%}
            {%- do found.update({name: {'name': continu_coursebase.named(name), 'type': continu_coursebase.loaded_type(column.data_type)}}) -%}
        {%- endfor -%}
        {%- for name, data_type in {'_sdc_extracted_at': 'timestamp', '_sdc_deleted_at': 'timestamp', '_sdc_sequence': 'integer'}.items() -%}
            {%- do found.update({name: {'name': continu_coursebase.named(name), 'type': continu_coursebase.loaded_type(data_type)}}) -%}
        {%- endfor -%}
    {%- else -%}
        {%- for column in adapter.get_columns_in_relation(relation) -%}
            {%- do found.update({column.name | lower: {'name': adapter.quote(column.name), 'type': column.data_type | lower}}) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(found) }}
{% endmacro %}


{#- A column's name in quotes, as the warehouse keeps it: some, such as rows, are words of its language. -#}
{% macro named(column) %}{{ return(adapter.dispatch('named', 'continu_coursebase')(column)) }}{% endmacro %}
{% macro default__named(column) %}{{ return(adapter.quote(column)) }}{% endmacro %}
{% macro snowflake__named(column) %}{{ return(adapter.quote(column | upper)) }}{% endmacro %}


{#- What a loader makes of a declared type, where nothing can be asked. -#}
{% macro loaded_type(data_type) %}{{ return(adapter.dispatch('loaded_type', 'continu_coursebase')(data_type)) }}{% endmacro %}

{% macro default__loaded_type(data_type) %}
    {{ return({'timestamp': 'timestamp with time zone', 'date': 'text'}.get(data_type, data_type)) }}
{% endmacro %}

{% macro snowflake__loaded_type(data_type) %}
    {{ return({'timestamp': 'timestamp_ntz', 'date': 'text', 'json': 'variant'}.get(data_type, data_type)) }}
{% endmacro %}


{#- A raw column as its declared type; null if it is not there, or is text that cannot be read so. -#}
{% macro typed(column, data_type) %}
    {%- set read = {
        'date': continu_coursebase.date_of,
        'timestamp': continu_coursebase.instant_of,
        'integer': continu_coursebase.integer_of,
        'number': continu_coursebase.number_of,
        'boolean': continu_coursebase.boolean_of,
    } -%}
    {%- set type = continu_coursebase.type_of(data_type) -%}
    {%- if column is none -%}
        cast(null as {{ type }})
    {%- elif data_type == 'json' -%}
        {{ continu_coursebase.json(column.name, column.type) }}
    {%- elif data_type in read and continu_coursebase.is_text(column.type) -%}
        {{ read[data_type](column.name) }}
    {%- elif data_type == 'timestamp' -%}
        {{ continu_coursebase.instant(column.name, column.type) }}
    {%- else -%}
        cast({{ column.name }} as {{ type }})
    {%- endif -%}
{% endmacro %}
