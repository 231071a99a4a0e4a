with fields as (
    select
        users.user_id,
        {{ continu_coursebase.json_text('field.value', 'field_id') }} as field_id,
        {{ continu_coursebase.json_text('field.value', 'name') }} as field_name,
        {{ continu_coursebase.json_part('field.value', 'values') }} as field_values,
        users.extracted_at,
        users.loaded_sequence
    from {{ ref('stg_coursebase__user_details') }} as users
    {{ continu_coursebase.elements('users.profile', 'field') }}
),

field_items as (
    select
        fields.user_id,
        fields.field_id,
        fields.field_name,
        item.index as value_index,
        case
            when {{ continu_coursebase.json_is_object('item.value') }}
                then {{ continu_coursebase.json_text('item.value', 'choice_id') }}
        end as choice_id,
        case
            when {{ continu_coursebase.json_is_object('item.value') }}
                then {{ continu_coursebase.json_text('item.value', 'value') }}
            else {{ continu_coursebase.json_scalar('item.value') }}
        end as value,
        fields.extracted_at,
        fields.loaded_sequence
    from fields
    {{ continu_coursebase.elements('fields.field_values', 'item') }}
)

select
    user_id,
    field_id,
    field_name,
    value_index,
    choice_id,
    value,
    {{ continu_coursebase.number_of('value') }} as value_number,
    {{ continu_coursebase.date_of('value') }} as value_on,
    extracted_at,
    loaded_sequence
from field_items
