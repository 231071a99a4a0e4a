with windows as (
    select
        check_name,
        stream,
        entity,
        metric,
        window_from_at,
        window_until_at
    from {{ ref('int_reconciled_windows') }}
),

reported as (
    select
        windows.check_name,
        windows.stream,
        windows.window_from_at,
        windows.metric,
        numbers.entity_key,
        numbers.value
    from windows
    inner join {{ ref('int_reported_numbers') }} as numbers
        on numbers.entity = windows.entity
        and numbers.metric = windows.metric
        and numbers.window_from_at = windows.window_from_at
        and numbers.window_until_at = windows.window_until_at
),

measured as (
    select distinct
        check_name,
        window_from_at,
        metric
    from reported
),

known_managers as (
    select distinct
        window_from_at,
        entity_key
    from reported
    where stream = 'continu_manager_summary'
),

counted as (
    select
        windows.check_name,
        windows.stream,
        windows.window_from_at,
        windows.metric,
        numbers.entity_key,
        numbers.value
    from windows
    inner join measured
        on measured.check_name = windows.check_name
        and measured.window_from_at = windows.window_from_at
        and measured.metric = windows.metric
    inner join {{ ref('int_counted_numbers') }} as numbers
        on numbers.entity = windows.entity
        and numbers.metric = windows.metric
        and numbers.window_from_at = windows.window_from_at
        and numbers.window_until_at = windows.window_until_at
    left join known_managers
        on known_managers.window_from_at = windows.window_from_at
        and known_managers.entity_key = numbers.entity_key
    where windows.entity <> 'manager' or known_managers.entity_key is not null
),

seats as (
    select
        workshop_instance_id,
        sum(case when is_attended then 1 else 0 end) as attended,
        sum(case when is_no_show then 1 else 0 end) as absent
    from {{ ref('fct_workshop_attendance') }}
    group by workshop_instance_id
),

instances as (
    select
        reported.workshop_instance_id as entity_key,
        reported.workshop_start_date as window_from_at,
        reported.workshop_end_date as window_until_at,
        reported.total_attendees as reported_attended,
        reported.total_absentees as reported_absent,
        coalesce(seats.attended, 0) as attended,
        coalesce(seats.absent, 0) as absent
    from {{ ref('stg_continu__workshop_engagement') }} as reported
    inner join {{ ref('int_loaded_tables') }} as loaded
        on loaded.stream = 'continu_workshop_status'
        and loaded.loaded_at >= reported.workshop_end_date
    left join seats on seats.workshop_instance_id = reported.workshop_instance_id
    where reported.extracted_at >= reported.workshop_end_date
),

pairs as (
    select
        check_name,
        stream,
        window_from_at,
        entity_key,
        metric,
        value as reported,
        cast(null as {{ continu_coursebase.type_of('number') }}) as counted
    from reported
    union all
    select
        check_name,
        stream,
        window_from_at,
        entity_key,
        metric,
        cast(null as {{ continu_coursebase.type_of('number') }}) as reported,
        value as counted
    from counted
    {%- for metric in ['attended', 'absent'] %}
    union all
    select
        'workshop_engagement_seats' as check_name,
        'continu_workshop_engagement' as stream,
        window_from_at,
        entity_key,
        '{{ metric }}' as metric,
        reported_{{ metric }} as reported,
        {{ metric }} as counted
    from instances
    where reported_{{ metric }} is not null
    {%- endfor %}
),

compared as (
    select
        check_name,
        stream,
        window_from_at,
        entity_key,
        metric,
        max(reported) as reported,
        coalesce(max(counted), 0) as counted
    from pairs
    group by check_name, stream, window_from_at, entity_key, metric
)

select
    check_name,
    stream,
    window_from_at,
    entity_key,
    metric,
    reported,
    counted
from compared
where reported <> 0
    or counted <> 0
