select
    stream,
    gap_from_at,
    gap_until_at
from {{ ref('coverage_gaps') }}
