{#- What `dbt source freshness` asks: until when a table is loaded, in UTC.

A table that is not there is not judged, since its stream may not be wanted; nor is a full table
without rows, since nothing tells when it was found empty. -#}

{#- Of a report with dates, where its last window ends; null if the ledger has none of it. -#}
{% macro covered_until(relation) %}
    {%- set ledger = continu_coursebase.raw_relation('continu', 'continu_windows') -%}
    {%- if ledger is none or continu_coursebase.raw_relation('continu', relation.identifier) is none -%}
        {{ return(continu_coursebase.newest_row(relation)) }}
    {%- endif -%}
    {%- set type = continu_coursebase.raw_columns(ledger, [])['window_until'].type -%}
    select max({{ continu_coursebase.instant('window_until', type) }})
    from {{ ledger }}
    where stream = '{{ relation.identifier | lower }}'
{% endmacro %}


{#- Of any other table, when the newest of its rows was read. -#}
{% macro newest_row(relation) %}
    {%- set found = continu_coursebase.raw_relation(relation.identifier.split('_')[0] | lower, relation.identifier) -%}
    {%- set extracted = continu_coursebase.raw_columns(found, []).get('_sdc_extracted_at') -%}
    {%- if extracted is none -%}
        select {{ continu_coursebase.now_in_utc() }}
    {%- else -%}
        select coalesce(max({{ continu_coursebase.instant(extracted.name, extracted.type) }}), {{ continu_coursebase.now_in_utc() }})
        from {{ found }}
    {%- endif -%}
{% endmacro %}
