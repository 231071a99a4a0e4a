{#- Stop where there is nothing to transform, and say in one line what is not loaded.

Asked of the warehouse at the start of what builds or tests a resource of this project, whichever
project it is installed in. -#}
{% macro say_what_is_loaded() %}
    {%- if not execute or var('continu_coursebase_assume_all')
        or flags.WHICH not in ['build', 'run', 'test', 'snapshot', 'freshness']
        or '.continu_coursebase.' not in selected_resources | join(' ') -%}
        {{ return('') }}
    {%- endif -%}
    {%- set absent = [] -%}
    {%- set present = [] -%}
    {%- for source_name, table in continu_coursebase.streams() -%}
        {%- set found = continu_coursebase.raw_relation(source_name, table) -%}
        {%- do (absent if found is none else present).append(table) -%}
    {%- endfor -%}
    {%- if not present -%}
        {%- do exceptions.raise_compiler_error(continu_coursebase.nothing_is_loaded()) -%}
    {%- elif absent -%}
        {%- do log('Not loaded, so without rows in every model: ' ~ absent | join(', '), info=true) -%}
    {%- endif -%}
{% endmacro %}


{% macro nothing_is_loaded() %}
    {%- set looked_in = [var('continu_coursebase_database') or target.database, var('continu_coursebase_schema')] | join('.') -%}
    {{ return(
        'No table of the tap is in ' ~ looked_in ~ ': say where the loader writes with the variables '
        ~ "continu_coursebase_database (null is the profile's) and continu_coursebase_schema, or load first"
    ) }}
{% endmacro %}
