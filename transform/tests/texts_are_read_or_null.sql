{#- What date_of, instant_of and number_of make of texts, above all of those that tell nothing. -#}
{%- set cases = [
    ('2026-02-28', 'UTC', '2026-02-28', '2026-02-28 00:00:00', none),
    ('2026-02-28 09:30', 'Asia/Tokyo', '2026-02-28', '2026-02-28 00:30:00', none),
    ('2026-02-28', 'Asia/Tokyo', '2026-02-28', '2026-02-27 15:00:00', none),
    ('2026-07-01 09:30:15', 'America/New_York', '2026-07-01', '2026-07-01 13:30:15', none),
    ('2026-01-01 09:30:15', 'America/New_York', '2026-01-01', '2026-01-01 14:30:15', none),
    ('2026-02-28T09:30:15.250Z', 'Asia/Tokyo', '2026-02-28', '2026-02-28 09:30:15.25', none),
    ('2026-02-28T09:30+05:45', 'Asia/Tokyo', '2026-02-28', '2026-02-28 03:45:00', none),
    ('2026-02-28T23:30:00-03:00', none, '2026-02-28', '2026-03-01 02:30:00', none),
    ('2026-02-28T09:30:15.1234567', 'UTC', '2026-02-28', '2026-02-28 09:30:15.123457', none),
    ('2026-02-28 09:30:15-03', 'UTC', '2026-02-28', '2026-02-28 12:30:15', none),
    ('2026/02/28 09:30', 'UTC', '2026-02-28', '2026-02-28 09:30:00', none),
    ('2026/2/8 9:05', 'UTC', '2026-02-08', '2026-02-08 09:05:00', none),
    (' 2024-02-29 ', 'UTC', '2024-02-29', '2024-02-29 00:00:00', none),
    ('0001-01-01', 'UTC', '0001-01-01', '0001-01-01 00:00:00', none),
    ('9999-12-31 23:59:59', 'UTC', '9999-12-31', '9999-12-31 23:59:59', none),
    ('2026-02-28 09:30', none, '2026-02-28', none, none),
    ('2026-02-30', 'UTC', none, none, none),
    ('2026-02-29 09:30', 'UTC', none, none, none),
    ('1900-02-29', 'UTC', none, none, none),
    ('2026-04-31T09:30:00Z', 'UTC', none, none, none),
    ('0000-01-01', 'UTC', none, none, none),
    ('2026-00-10', 'UTC', none, none, none),
    ('2026-13-10', 'UTC', none, none, none),
    ('2026-01-32', 'UTC', none, none, none),
    ('2026-01-00', 'UTC', none, none, none),
    ('2026-01-01 25:00', 'UTC', none, none, none),
    ('2026-01-01 24:00', 'UTC', none, none, none),
    ('2026-01-01 09:60', 'UTC', none, none, none),
    ('2026-01-01 09:30:60', 'UTC', none, none, none),
    ('2026-01-01 09', 'UTC', none, none, none),
    ('2026-01-01 09:30 Mars/Olympus', 'UTC', none, none, none),
    ('2026-01-01T09:30:00+25:00', 'UTC', none, none, none),
    ('2026-01-01x', 'UTC', none, none, none),
    ('12026-01-01', 'UTC', none, none, none),
    ('28/02/2026 09:30', 'UTC', none, none, none),
    ('20260228', 'UTC', none, none, '20260228'),
    ('now', 'UTC', none, none, none),
    ('infinity', 'UTC', none, none, none),
    ('NaN', 'UTC', none, none, none),
    ('', 'UTC', none, none, none),
    (' ', 'UTC', none, none, none),
    (none, 'UTC', none, none, none),
    ('66.7', 'UTC', none, none, '66.7'),
    ('1,234.5', 'UTC', none, none, '1234.5'),
    ('12,345,678', 'UTC', none, none, '12345678'),
    ('-5', 'UTC', none, none, '-5'),
    ('+5', 'UTC', none, none, '5'),
    ('100%', 'UTC', none, none, '100'),
    (' 12.5 % ', 'UTC', none, none, '12.5'),
    ('.5', 'UTC', none, none, '0.5'),
    ('5.', 'UTC', none, none, '5'),
    ('1.5E3', 'UTC', none, none, '1500'),
    ('007', 'UTC', none, none, '7'),
    ('1,5', 'UTC', none, none, none),
    ('1,2345', 'UTC', none, none, none),
    ('1.234,5', 'UTC', none, none, none),
    ('1 234', 'UTC', none, none, none),
    ('--5', 'UTC', none, none, none),
    ('5-', 'UTC', none, none, none),
    ('.', 'UTC', none, none, none),
    ('%', 'UTC', none, none, none),
    ('1e999', 'UTC', none, none, none),
    ('9' * 200, 'UTC', none, none, none),
    ('0x1F', 'UTC', none, none, none),
    ('E-862304', 'UTC', none, none, none),
] -%}
with cases as (
    {%- for case in cases %}
    select
        {%- for value in case %}
        {{ 'cast(null as ' ~ continu_coursebase.type_of('text') ~ ')' if value is none else dbt.string_literal(value) }}
            as {{ ['told', 'zone', 'expected_on', 'expected_at', 'expected_number'][loop.index0] }}
            {{- ',' if not loop.last }}
        {%- endfor %}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

results as (
    select
        told,
        zone,
        cast(expected_on as date) as expected_on,
        {{ continu_coursebase.date_of('told') }} as read_on,
        cast(expected_at as {{ continu_coursebase.type_of('timestamp') }}) as expected_at,
        {{ continu_coursebase.instant_of('told', 'zone') }} as read_at,
        cast(expected_number as {{ continu_coursebase.type_of('number') }}) as expected_number,
        {{ continu_coursebase.number_of('told') }} as read_number
    from cases
)

select told, zone, expected_on, read_on, expected_at, read_at, expected_number, read_number
from results
where expected_on is distinct from read_on
    or expected_at is distinct from read_at
    or expected_number is distinct from read_number
