{#- Staging: one view a raw table, with the columns that the model's YAML declares.

A stream that was not selected has no table, a column that was not selected is not there: the first
is a view without rows, the second is null, so that all models exist whatever is loaded. -#}

{% macro staged(source_name, table, living_only=true) %}
    {%- set relation = continu_coursebase.raw_relation(source_name, table) -%}
    {%- set found = continu_coursebase.raw_columns(relation, model.columns.values()) -%}
    select
    {%- for column in model.columns.values() %}
        {{ continu_coursebase.typed(found.get(column.meta.get('raw', column.name)), column.data_type) }} as {{ column.name }}
        {{- ',' if not loop.last }}
    {%- endfor %}
    {%- if relation is none %}
    where false
    {%- else %}
    from {{ relation }}
    {%- if living_only and '_sdc_deleted_at' in found %}
    where _sdc_deleted_at is null
    {%- endif %}
    {%- endif %}
{% endmacro %}


{#- The loader's table of a stream; none if there is no such table. -#}
{% macro raw_relation(source_name, table) %}
    {%- set relation = source(source_name, table) -%}
    {%- if not execute or var('continu_coursebase_assume_all') -%}
        {{ return(relation) }}
    {%- endif -%}
    {{ return(adapter.get_relation(relation.database, relation.schema, relation.identifier)) }}
{% endmacro %}


{#- The columns of a table by name: each as the warehouse's type in lower case. -#}
{% macro raw_columns(relation, declared) %}
    {%- set found = {} -%}
    {%- if relation is none or not execute -%}
    {%- elif var('continu_coursebase_assume_all') -%}
        {%- for column in declared -%}
            {%- set name = column.meta.get('raw', column.name) -%}
            {%- do found.update({name: {'name': name, 'type': continu_coursebase.loaded_type(column.data_type)}}) -%}
        {%- endfor -%}
        {%- do found.update({'_sdc_deleted_at': none}) -%}
    {%- else -%}
        {%- for column in adapter.get_columns_in_relation(relation) -%}
            {%- do found.update({column.name | lower: {'name': adapter.quote(column.name), 'type': column.data_type | lower}}) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(found) }}
{% endmacro %}


{#- What a loader makes of a declared type, where nothing can be asked. -#}
{% macro loaded_type(data_type) %}
    {{ return({'timestamp': 'timestamp with time zone'}.get(data_type, data_type)) }}
{% endmacro %}


{#- A raw column as its declared type; null if it is not there. -#}
{% macro typed(column, data_type) %}
    {%- set type = continu_coursebase.type_of(data_type) -%}
    {%- if column is none -%}
        cast(null as {{ type }})
    {%- elif data_type == 'timestamp' -%}
        {{ continu_coursebase.instant(column.name, column.type) }}
    {%- elif data_type == 'json' -%}
        {{ continu_coursebase.json(column.name) }}
    {%- else -%}
        cast({{ column.name }} as {{ type }})
    {%- endif -%}
{% endmacro %}
