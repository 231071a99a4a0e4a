{{ config(materialized='table') }}

with windows as (
    select distinct
        window_from_at,
        window_until_at
    from {{ ref('int_reconciled_windows') }}
),

numbers as (
    {{ continu_coursebase.numbers(2) }}
)

select
    windows.window_from_at,
    windows.window_until_at,
    cast({{ dbt.dateadd('day', 'numbers.n', 'windows.window_from_at') }} as date) as day
from windows
inner join numbers
    on numbers.n <= {{ dbt.datediff('windows.window_from_at', 'windows.window_until_at', 'day') }}
