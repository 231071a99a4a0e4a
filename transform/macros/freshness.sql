{#- What `dbt source freshness` asks: until when a table is loaded, in UTC.

A table that is not there is not judged, since its stream may not be wanted; nor is a full table
without rows, since nothing tells when it was found empty. -#}

{#- Of a report with dates, where its last window ends; null if the ledger has none of it. -#}
{% macro covered_until(relation) %}
    {%- if not execute -%}
        {{ return('') }}
    {%- endif -%}
    {%- set ledger = continu_coursebase.raw_relation('continu', 'continu_windows') -%}
    {%- if ledger is none or continu_coursebase.raw_relation('continu', relation.identifier) is none -%}
        {{ return(continu_coursebase.newest_row(relation)) }}
    {%- endif -%}
    {%- set declared = [
        {'name': 'stream', 'data_type': 'text', 'meta': {}},
        {'name': 'window_until', 'data_type': 'timestamp', 'meta': {}},
    ] -%}
    {%- set found = continu_coursebase.raw_columns(ledger, declared) -%}
    select max({{ continu_coursebase.typed(found['window_until'], 'timestamp') }})
    from {{ ledger }}
    where {{ found['stream'].name }} = '{{ relation.identifier | lower }}'
{% endmacro %}


{#- Of any other table, when the newest of its rows was read. -#}
{% macro newest_row(relation) %}
    {%- if not execute -%}
        {{ return('') }}
    {%- endif -%}
    {%- set found = continu_coursebase.raw_relation(relation.identifier.split('_')[0] | lower, relation.identifier) -%}
    {%- set extracted = continu_coursebase.raw_columns(found, []).get('_sdc_extracted_at') -%}
    {%- if extracted is none -%}
        select {{ continu_coursebase.now_in_utc() }}
    {%- else -%}
        select coalesce(max({{ continu_coursebase.typed(extracted, 'timestamp') }}), {{ continu_coursebase.now_in_utc() }})
        from {{ found }}
    {%- endif -%}
{% endmacro %}
