select
    check_name,
    stream,
    window_from_at,
    entity_key,
    metric,
    reported,
    counted,
    counted - coalesce(reported, 0) as difference
from {{ ref('int_reconciliation') }}
where reported is null
    or reported <> counted
