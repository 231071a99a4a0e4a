with windows as (
    select
        stream,
        window_from,
        window_until,
        {{ continu_coursebase.named('rows') }} as row_count,
        coalesce(extracted_at, requested_at, window_until) as loaded_at
    from {{ ref('stg_continu__windows') }}
),

ranked as (
    select
        stream,
        window_from,
        window_until,
        row_count,
        loaded_at,
        row_number() over (
            partition by stream
            order by
                loaded_at desc,
                {{ dbt.datediff('window_from', 'window_until', 'second') }} desc,
                window_from
        ) as recency
    from windows
),

reaching as (
    select
        stream,
        window_from,
        window_until,
        row_count,
        loaded_at,
        recency,
        max(window_until) over (
            partition by stream, window_from
            order by recency
            rows between unbounded preceding and 1 preceding
        ) as read_again_until
    from ranked
),

candidates as (
    select
        stream,
        window_from,
        window_until,
        row_count,
        loaded_at,
        recency,
        {{ dbt.datediff('window_from', 'window_until', 'day') }} as days
    from reaching
    where read_again_until is null or read_again_until < window_until
),

numbers as (
    {{ continu_coursebase.numbers(2) }}
),

days as (
    select
        candidates.stream,
        candidates.window_from,
        candidates.window_until,
        candidates.recency,
        cast({{ dbt.dateadd('day', 'numbers.n', 'candidates.window_from') }} as date) as day
    from candidates
    inner join numbers on numbers.n <= candidates.days
),

later as (
    select distinct
        days.stream,
        days.recency,
        days.window_from,
        days.window_until,
        later_days.window_from as later_from,
        later_days.window_until as later_until
    from days
    inner join days as later_days
        on later_days.stream = days.stream
        and later_days.day = days.day
        and later_days.recency < days.recency
        and later_days.window_from < days.window_until
        and later_days.window_until > days.window_from
),

swept as (
    select
        stream,
        recency,
        window_from,
        window_until,
        later_from,
        later_until,
        max(later_until) over (
            partition by stream, recency
            order by later_from, later_until
            rows between unbounded preceding and 1 preceding
        ) as reached_until
    from later
),

read_again as (
    select
        stream,
        recency
    from swept
    group by stream, recency, window_from, window_until
    having max(later_until) >= window_until
        and max(case when later_from > coalesce(reached_until, window_from) then 1 else 0 end) = 0
)

select
    candidates.stream,
    candidates.window_from as window_from_at,
    candidates.window_until as window_until_at,
    candidates.row_count,
    candidates.loaded_at
from candidates
left join read_again
    on read_again.stream = candidates.stream
    and read_again.recency = candidates.recency
where read_again.recency is null
