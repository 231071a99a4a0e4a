{#- Text that is there holds something beside blanks. -#}
{% test not_empty_text(model, column_name) %}
select {{ column_name }}
from {{ model }}
where trim({{ column_name }}) = ''
{% endtest %}
