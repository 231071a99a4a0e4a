{% snapshot snapshot_users %}
{{ config(
    unique_key='user_key',
    strategy='check',
    check_cols=['full_name', 'email', 'job_title', 'role', 'org_level', 'grade', 'region', 'manager_key', 'is_manager', 'is_suspended', 'departments', 'locations', 'teams', 'groups'],
    updated_at='seen_at',
    hard_deletes='invalidate',
) }}
select
    user_key, full_name, email, job_title, role, org_level, grade, region, manager_key, is_manager, is_suspended,
    departments, locations, teams, groups, seen_at
from {{ ref('dim_users') }}
{% endsnapshot %}
