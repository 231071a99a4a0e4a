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
    {%- set tables = [] -%}
    {%- for node in graph.sources.values() if node.package_name == 'continu_coursebase' -%}
        {%- do tables.append("('" ~ node.schema ~ "', '" ~ node.identifier ~ "')") -%}
    {%- endfor -%}
    {%- set missing -%}
        select schemas.nspname, tables.relname, columns.attname
        from pg_class as tables
        inner join pg_namespace as schemas on schemas.oid = tables.relnamespace
        inner join pg_attribute as columns on columns.attrelid = tables.oid
        where (schemas.nspname, tables.relname) in ({{ tables | join(', ') }})
            and tables.relkind = 'r'
            and columns.attname in ('_sdc_sequence', '_sdc_deleted_at')
            and pg_has_role(tables.relowner, 'usage')
            and not exists (
                select 1
                from pg_index
                where pg_index.indrelid = tables.oid and pg_index.indkey[0] = columns.attnum
            )
    {%- endset -%}
    {%- for row in run_query(missing).rows -%}
        {%- do run_query(
            'create index on ' ~ adapter.quote(row[0]) ~ '.' ~ adapter.quote(row[1]) ~ ' (' ~ row[2] ~ ')'
            ~ (' where _sdc_deleted_at is not null' if row[2] == '_sdc_deleted_at' else '')
        ) -%}
    {%- endfor -%}
{% endmacro %}


{#- To be run after a table was written: lets PostgreSQL look at it, so that it knows how to join it. -#}
{% macro analyze() %}
    {%- if execute and model.config.materialized in ('table', 'incremental', 'snapshot') -%}
        {{ adapter.dispatch('analyze', 'continu_coursebase')() }}
    {%- endif -%}
{% endmacro %}

{% macro default__analyze() %}{% endmacro %}
{% macro postgres__analyze() %}analyze {{ this }}{% endmacro %}
