{{ config(indexes=[
    {'columns': ['group_id'], 'unique': true},
]) }}

with recursive groups as (
    select group_id, name, nullif(parent_id, '') as parent_group_id
    from {{ ref('stg_coursebase__groups') }}
),

tree (group_id, path, path_ids, depth, is_orphan) as (
    select
        groups.group_id,
        cast(coalesce(groups.name, groups.group_id) as {{ continu_coursebase.type_of('text') }}) as path,
        {{ continu_coursebase.json_list('groups.group_id') }} as path_ids,
        cast(0 as {{ continu_coursebase.type_of('integer') }}) as depth,
        groups.parent_group_id is not null as is_orphan
    from groups
    left join groups as parents on parents.group_id = groups.parent_group_id
    where parents.group_id is null
    union all
    select
        groups.group_id,
        tree.path || ' > ' || coalesce(groups.name, groups.group_id),
        {{ continu_coursebase.json_append('tree.path_ids', 'groups.group_id') }},
        tree.depth + 1,
        tree.is_orphan
    from tree
    inner join groups on groups.parent_group_id = tree.group_id
)

select
    groups.group_id,
    groups.name,
    groups.parent_group_id,
    coalesce(tree.path, groups.name, groups.group_id) as path,
    coalesce(tree.path_ids, {{ continu_coursebase.json_list('groups.group_id') }}) as path_ids,
    coalesce(tree.depth, 0) as depth,
    coalesce(tree.is_orphan, true) as is_orphan
from groups
left join tree on tree.group_id = groups.group_id
