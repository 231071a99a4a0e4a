with assigned_by_content as (
    select
        content_key,
        count(*) as assigned,
        {{ continu_coursebase.count_where('is_completed') }} as completed
    from {{ ref('fct_assignments') }}
    where not is_removed
    group by content_key
),

completions_by_person as (
    select content_key, user_key, count(*) as completions
    from {{ ref('fct_completions') }}
    group by content_key, user_key
),

completions_by_content as (
    select
        content_key,
        cast(sum(completions) as {{ continu_coursebase.type_of('integer') }}) as completions,
        count(user_key) as people
    from completions_by_person
    group by content_key
),

rates as (
    select
        contents.content_key,
        contents.title,
        contents.content_type,
        coalesce(assigned_by_content.assigned, 0) as assigned,
        coalesce(assigned_by_content.completed, 0) as completed,
        {{ continu_coursebase.share('assigned_by_content.completed', 'assigned_by_content.assigned') }} as completion_rate,
        coalesce(completions_by_content.completions, 0) as completions,
        coalesce(completions_by_content.people, 0) as people
    from {{ ref('dim_content') }} as contents
    left join assigned_by_content on assigned_by_content.content_key = contents.content_key
    left join completions_by_content on completions_by_content.content_key = contents.content_key
    where assigned_by_content.assigned > 0 or completions_by_content.completions > 0
)

select
    content_key,
    title,
    content_type,
    assigned,
    completed,
    completion_rate,
    completions,
    people,
    rank() over (order by completions desc, people desc) as most_finished_rank,
    case
        when assigned > 0
            then rank() over (
                partition by case when assigned > 0 then 1 else 0 end
                order by completion_rate, assigned desc
            )
    end as least_finished_rank
from rates
