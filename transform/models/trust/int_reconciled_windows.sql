{{ config(materialized='table') }}

with checks as (
    {%- for check in continu_coursebase.checks() %}
    {%- set last = loop.last %}
    {%- for metric in check.metrics %}
    select
        '{{ check.name }}' as check_name,
        '{{ check.stream }}' as stream,
        '{{ check.counted_from }}' as counted_from,
        '{{ check.entity }}' as entity,
        '{{ metric }}' as metric
    {{ 'union all' if not (last and loop.last) }}
    {%- endfor %}
    {%- endfor %}
),

last_spans as (
    select
        spans.stream,
        spans.span_from_at,
        spans.span_until_at
    from {{ ref('coverage_spans') }} as spans
    left join {{ ref('coverage_spans') }} as later
        on later.stream = spans.stream
        and later.span_number > spans.span_number
    where later.stream is null
),

known as (
    select
        stream,
        span_from_at as known_from_at,
        span_until_at as known_until_at
    from last_spans
    union all
    select
        stream,
        null as known_from_at,
        loaded_at as known_until_at
    from {{ ref('int_loaded_tables') }}
    where stream = 'continu_workshop_status'
),

windows as (
    select
        stream,
        window_from as window_from_at,
        max(window_until) as window_until_at,
        row_number() over (partition by stream order by window_from desc) - 1 as closed_windows_back
    from {{ ref('stg_continu__windows') }}
    where stream in (
        'continu_user_engagement',
        'continu_manager_summary',
        'continu_content_engagement',
        'continu_pivoted_content_assignments',
        'continu_pivoted_user_assignments'
    )
    group by stream, window_from
),

months as (
    select
        months.stream,
        cast(months.month as {{ continu_coursebase.type_of('timestamp') }}) as window_from_at,
        cast({{ dbt.dateadd('month', 1, 'months.month') }} as {{ continu_coursebase.type_of('timestamp') }}) as window_until_at,
        row_number() over (partition by months.stream order by months.month desc) as closed_windows_back
    from {{ ref('coverage_by_month') }} as months
    inner join last_spans
        on last_spans.stream = months.stream
        and last_spans.span_from_at <= cast(months.month as {{ continu_coursebase.type_of('timestamp') }})
    where months.stream = 'continu_user_content'
        and months.fully_covered
),

closed as (
    select stream, window_from_at, window_until_at, closed_windows_back from windows
    union all
    select stream, window_from_at, window_until_at, closed_windows_back from months
)

select
    checks.check_name,
    checks.stream,
    checks.counted_from,
    checks.entity,
    checks.metric,
    closed.window_from_at,
    closed.window_until_at
from checks
inner join closed on closed.stream = checks.stream
inner join known
    on known.stream = checks.counted_from
    and (known.known_from_at is null or known.known_from_at <= closed.window_from_at)
    and known.known_until_at >= closed.window_until_at
where closed.closed_windows_back >= 1
{%- if var('continu_coursebase_reconciled_windows') is not none %}
    and closed.closed_windows_back <= {{ var('continu_coursebase_reconciled_windows') }}
{%- endif %}
