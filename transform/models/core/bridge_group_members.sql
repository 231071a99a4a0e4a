{{ config(indexes=[
    {'columns': ['user_key']},
    {'columns': ['group_id']},
]) }}

with listed as (
    select group_id, user_id, role
    from {{ ref('stg_coursebase__group_users') }}
),

members as (
    select group_id, user_id, role
    from listed
    union all
    select group_id, user_id, null
    from {{ ref('stg_coursebase__user_groups') }}
    where not exists (select 1 from listed)
)

select
    members.group_id,
    people.user_key,
    members.user_id as coursebase_user_id,
    members.role
from members
inner join {{ ref('int_coursebase_people') }} as people on people.coursebase_user_id = members.user_id
