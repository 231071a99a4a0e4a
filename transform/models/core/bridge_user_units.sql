{{ config(indexes=[
    {'columns': ['user_key']},
    {'columns': ['unit_type', 'unit']},
]) }}

with units as (
    {%- for unit_type, column in {'department': 'departments', 'location': 'locations', 'team': 'teams', 'group': 'groups'}.items() %}
    select users.user_key, '{{ unit_type }}' as unit_type, {{ continu_coursebase.json_scalar('item.value') }} as unit
    from {{ ref('dim_users') }} as users
    {{ continu_coursebase.elements('users.' ~ column, 'item') }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select distinct user_key, unit_type, unit
from units
where unit <> ''
