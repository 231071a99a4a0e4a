{%- set digits = range(10) -%}
{%- set day = "cast(date_day as " ~ continu_coursebase.type_of('timestamp') ~ ")" -%}

with digits as (
    {%- for digit in digits %}
    select {{ digit }} as digit{{ ' union all' if not loop.last }}
    {%- endfor %}
),

numbers as (
    select
        ones.digit + 10 * tens.digit + 100 * hundreds.digit + 1000 * thousands.digit + 10000 * ten_thousands.digit
            as number
    from digits as ones
    cross join digits as tens
    cross join digits as hundreds
    cross join digits as thousands
    cross join digits as ten_thousands
    where ten_thousands.digit < 2
),

days as (
    select cast({{ dbt.dateadd('day', 'number', "cast('2000-01-01' as date)") }} as date) as date_day
    from numbers
)

select
    date_day,
    cast({{ dbt.date_trunc('week', day) }} as date) as week_starts_on,
    cast({{ dbt.date_trunc('month', day) }} as date) as month_starts_on,
    cast({{ dbt.date_trunc('quarter', day) }} as date) as quarter_starts_on,
    cast({{ dbt.date_trunc('year', day) }} as date) as year_starts_on,
    cast(extract(year from date_day) as {{ continu_coursebase.type_of('integer') }}) as calendar_year,
    cast(extract(quarter from date_day) as {{ continu_coursebase.type_of('integer') }}) as calendar_quarter,
    cast(extract(month from date_day) as {{ continu_coursebase.type_of('integer') }}) as calendar_month,
    cast(extract(day from date_day) as {{ continu_coursebase.type_of('integer') }}) as day_of_month
from days
where date_day < cast('2050-01-01' as date)
