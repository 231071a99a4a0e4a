{% snapshot snapshot_users %}
{{ config(
    unique_key='user_key',
    strategy='check',
    check_cols=[
        'in_continu', 'in_coursebase', 'full_name', 'email', 'job_title', 'role', 'org_level', 'grade', 'region',
        'manager_key', 'is_manager', 'is_suspended', 'departments', 'locations', 'teams', 'groups',
        'coursebase_account_status', 'is_deleted',
    ],
    updated_at='seen_at',
    indexes=[{'columns': ['user_key']}],
) }}

{%- set columns = [
    'user_key', 'in_continu', 'in_coursebase', 'full_name', 'email', 'job_title', 'role', 'org_level', 'grade',
    'region', 'manager_key', 'is_manager', 'is_suspended', 'departments', 'locations', 'teams', 'groups',
    'coursebase_account_status',
] -%}
{%- set so_far = continu_coursebase.snapshot_so_far() %}

select
    {%- for column in columns %}
    users.{{ column }},
    {%- endfor %}
    false as is_deleted,
    {%- if so_far %}
    case
        when held.seen_at is not null and held.seen_at >= coalesce(users.seen_at, held.seen_at)
            then {{ continu_coursebase.now_in_utc() }}
        else coalesce(users.seen_at, {{ continu_coursebase.now_in_utc() }})
    end as seen_at
from {{ ref('dim_users') }} as users
left join {{ so_far }} as held on held.user_key = users.user_key and held.dbt_valid_to is null
union all
select
    {%- for column in columns %}
    held.{{ column }},
    {%- endfor %}
    true as is_deleted,
    {{ continu_coursebase.now_in_utc() }} as seen_at
from {{ so_far }} as held
left join {{ ref('dim_users') }} as users on users.user_key = held.user_key
where held.dbt_valid_to is null
    and not held.is_deleted
    and users.user_key is null
    {%- else %}
    coalesce(users.seen_at, {{ continu_coursebase.now_in_utc() }}) as seen_at
from {{ ref('dim_users') }} as users
    {%- endif %}
{% endsnapshot %}
