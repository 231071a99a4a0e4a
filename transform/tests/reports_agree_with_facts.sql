{{ config(severity='warn') }}
select
    check_name,
    compared,
    disagreeing
from {{ ref('reconciliation_summary') }}
where disagreeing > compared * {{ var('continu_coursebase_reconciliation_tolerance') }}
