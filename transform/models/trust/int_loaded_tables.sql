{%- set judged = [] -%}
{%- for source_name, table in continu_coursebase.streams() -%}
    {%- set relation = continu_coursebase.raw_relation(source_name, table) -%}
    {%- if relation is not none -%}
        {%- do judged.append((source_name, table, relation, continu_coursebase.raw_columns(relation, []))) -%}
    {%- endif -%}
{%- endfor %}

{%- for source_name, table, relation, columns in judged %}
select
    cast('{{ source_name }}' as {{ continu_coursebase.type_of('text') }}) as source,
    cast('{{ table }}' as {{ continu_coursebase.type_of('text') }}) as stream,
    count(*) as row_count,
    max({{ continu_coursebase.typed(columns.get('_sdc_extracted_at'), 'timestamp') }}) as loaded_at
from {{ relation }}
{%- if '_sdc_deleted_at' in columns %}
where _sdc_deleted_at is null
{%- endif %}
{{ 'union all' if not loop.last }}
{%- else %}
select
    cast(null as {{ continu_coursebase.type_of('text') }}) as source,
    cast(null as {{ continu_coursebase.type_of('text') }}) as stream,
    cast(null as {{ continu_coursebase.type_of('integer') }}) as row_count,
    cast(null as {{ continu_coursebase.type_of('timestamp') }}) as loaded_at
where false
{%- endfor %}
