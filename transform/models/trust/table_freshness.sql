with covered as (
    select
        stream,
        max(span_until_at) as covered_until_at
    from {{ ref('coverage_spans') }}
    group by stream
),

tables as (
    select
        loaded.source,
        loaded.stream,
        loaded.row_count,
        loaded.loaded_at,
        coalesce(covered.covered_until_at, loaded.loaded_at) as current_at,
        cadences.cadence_hours
    from {{ ref('int_loaded_tables') }} as loaded
    left join covered on covered.stream = loaded.stream
    left join {{ ref('stream_cadences') }} as cadences on cadences.stream = loaded.stream
),

aged as (
    select
        source,
        stream,
        row_count,
        loaded_at,
        current_at,
        cadence_hours,
        case
            when current_at >= {{ continu_coursebase.as_of() }} then 0
            else {{ dbt.datediff('current_at', continu_coursebase.as_of(), 'second') }} / 3600.0
        end as age_hours
    from tables
)

select
    source,
    stream,
    row_count,
    loaded_at,
    current_at,
    cadence_hours,
    age_hours,
    coalesce(
        age_hours > cadence_hours * {{ var('continu_coursebase_freshness_tolerance') }},
        false
    ) as is_stale,
    {{ continu_coursebase.as_of() }} as as_of_at
from aged
