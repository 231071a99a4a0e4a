with spans as (
    select
        stream,
        span_until_at as gap_from_at,
        lead(span_from_at) over (partition by stream order by span_number) as gap_until_at
    from {{ ref('coverage_spans') }}
)

select
    stream,
    gap_from_at,
    gap_until_at
from spans
where gap_until_at is not null
