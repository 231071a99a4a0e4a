{{ config(severity='warn') }}
select
    stream,
    current_at,
    age_hours,
    cadence_hours
from {{ ref('table_freshness') }}
where is_stale
