with windows as (
    select
        stream,
        window_from,
        window_until,
        max(window_until) over (
            partition by stream
            order by window_from, window_until
            rows between unbounded preceding and 1 preceding
        ) as reached_until
    from {{ ref('stg_continu__windows') }}
),

numbered as (
    select
        stream,
        window_from,
        window_until,
        sum(case when reached_until >= window_from then 0 else 1 end) over (
            partition by stream
            order by window_from, window_until
            rows between unbounded preceding and current row
        ) as span_number
    from windows
)

select
    stream,
    span_number,
    min(window_from) as span_from_at,
    max(window_until) as span_until_at,
    count(*) as windows
from numbered
group by stream, span_number
