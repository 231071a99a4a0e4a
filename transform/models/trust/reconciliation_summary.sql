with checks as (
    {%- for check in continu_coursebase.checks() %}
    select
        '{{ check.name }}' as check_name,
        '{{ check.stream }}' as stream,
        '{{ check.counted_from }}' as counted_from
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

compared as (
    select
        check_name,
        count(distinct window_from_at) as windows,
        count(*) as compared,
        sum(case when reported = counted then 1 else 0 end) as agreeing
    from {{ ref('int_reconciliation') }}
    group by check_name
)

select
    checks.check_name,
    checks.stream,
    checks.counted_from,
    coalesce(compared.windows, 0) as windows,
    coalesce(compared.compared, 0) as compared,
    coalesce(compared.agreeing, 0) as agreeing,
    coalesce(compared.compared - compared.agreeing, 0) as disagreeing
from checks
left join compared on compared.check_name = checks.check_name
