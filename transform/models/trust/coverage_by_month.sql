{{ config(materialized='table') }}

with reach as (
    select
        stream,
        {{ dbt.date_trunc('month', 'min(span_from_at)') }} as first_month,
        max(span_until_at) as until_at
    from {{ ref('coverage_spans') }}
    group by stream
),

numbers as (
    {{ continu_coursebase.numbers(3) }}
),

months as (
    select
        reach.stream,
        cast({{ dbt.dateadd('month', 'numbers.n', 'reach.first_month') }} as {{ continu_coursebase.type_of('timestamp') }}) as from_at,
        cast({{ dbt.dateadd('month', 'numbers.n + 1', 'reach.first_month') }} as {{ continu_coursebase.type_of('timestamp') }}) as until_at
    from reach
    inner join numbers
        on {{ dbt.dateadd('month', 'numbers.n', 'reach.first_month') }} < reach.until_at
),

fetched as (
    select
        stream,
        {{ dbt.date_trunc('month', 'window_from') }} as from_at,
        count(*) as windows,
        max(coalesce(extracted_at, requested_at, window_until)) as loaded_at
    from {{ ref('stg_continu__windows') }}
    group by stream, {{ dbt.date_trunc('month', 'window_from') }}
),

held as (
    select
        stream,
        {{ dbt.date_trunc('month', 'window_from_at') }} as from_at,
        cast(sum(row_count) as {{ continu_coursebase.type_of('integer') }}) as row_count
    from {{ ref('int_current_windows') }}
    group by stream, {{ dbt.date_trunc('month', 'window_from_at') }}
),

gaps as (
    select
        months.stream,
        months.from_at,
        count(*) as gaps
    from months
    inner join {{ ref('coverage_gaps') }} as coverage_gaps
        on coverage_gaps.stream = months.stream
        and coverage_gaps.gap_from_at < months.until_at
        and coverage_gaps.gap_until_at > months.from_at
    group by months.stream, months.from_at
),

whole as (
    select
        months.stream,
        months.from_at
    from months
    inner join {{ ref('coverage_spans') }} as coverage_spans
        on coverage_spans.stream = months.stream
        and coverage_spans.span_from_at <= months.from_at
        and coverage_spans.span_until_at >= months.until_at
)

select
    months.stream,
    cast(months.from_at as date) as month,
    coalesce(fetched.windows, 0) as windows,
    coalesce(held.row_count, 0) as row_count,
    coalesce(gaps.gaps, 0) as gaps,
    whole.stream is not null as fully_covered,
    fetched.loaded_at
from months
left join fetched on fetched.stream = months.stream and fetched.from_at = months.from_at
left join held on held.stream = months.stream and held.from_at = months.from_at
left join gaps on gaps.stream = months.stream and gaps.from_at = months.from_at
left join whole on whole.stream = months.stream and whole.from_at = months.from_at
