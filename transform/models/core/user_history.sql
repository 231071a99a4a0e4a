{{ config(materialized='view') }}

select
    user_key,
    in_continu,
    in_coursebase,
    full_name,
    email,
    job_title,
    role,
    org_level,
    grade,
    region,
    manager_key,
    is_manager,
    is_suspended,
    departments,
    locations,
    teams,
    groups,
    coursebase_account_status,
    dbt_valid_from as valid_from_at,
    dbt_valid_to as valid_until_at
from {{ ref('snapshot_users') }}
where not is_deleted
