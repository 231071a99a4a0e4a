with times as (
    select
        content_key,
        count(*) as completed,
        avg(days_to_complete) as average_days,
        {{ continu_coursebase.percentile('days_to_complete', 0.5) }} as median_days,
        {{ continu_coursebase.percentile('days_to_complete', 0.9) }} as p90_days
    from {{ ref('fct_assignments') }}
    where not is_removed and is_completed and days_to_complete is not null
    group by content_key
)

select
    times.content_key,
    contents.title,
    times.completed,
    round(times.average_days, 4) as average_days,
    round(times.median_days, 4) as median_days,
    round(times.p90_days, 4) as p90_days
from times
inner join {{ ref('dim_content') }} as contents on contents.content_key = times.content_key
