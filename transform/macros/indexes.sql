{#- What lets an incremental run read the newer rows alone: indexes on the loader's own columns.

They are made once for each raw table, where the warehouse is PostgreSQL and its owner runs dbt; a
variable leaves the raw tables alone. -#}
{% macro index_raw() %}
    {%- if execute and flags.WHICH in ('run', 'build') and var('continu_coursebase_index_raw') -%}
        {{ adapter.dispatch('index_raw', 'continu_coursebase')() }}
    {%- endif -%}
{% endmacro %}

{% macro default__index_raw() %}{% endmacro %}

{% macro postgres__index_raw() %}
    {%- set wanted = {'_sdc_sequence': '', '_sdc_deleted_at': ' where _sdc_deleted_at is not null'} -%}
    {%- for node in graph.sources.values() | selectattr('package_name', 'equalto', 'continu_coursebase') -%}
        {%- for column, condition in wanted.items() -%}
            {%- set missing = run_query(
                "select 1 from pg_class as tables"
                ~ " join pg_namespace as schemas on schemas.oid = tables.relnamespace"
                ~ " join pg_attribute as columns on columns.attrelid = tables.oid"
                ~ " where schemas.nspname = '" ~ node.schema ~ "' and tables.relname = '" ~ node.identifier ~ "'"
                ~ " and tables.relkind = 'r' and columns.attname = '" ~ column ~ "'"
                ~ " and pg_has_role(tables.relowner, 'usage')"
                ~ " and not exists (select 1 from pg_index where indrelid = tables.oid and indkey[0] = columns.attnum)"
            ) -%}
            {%- if missing | length -%}
                {%- do run_query(
                    'create index on ' ~ source(node.source_name, node.name) ~ ' (' ~ column ~ ')' ~ condition
                ) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
{% endmacro %}
