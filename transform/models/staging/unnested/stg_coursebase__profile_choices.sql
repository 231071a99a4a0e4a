with choices as (
    select
        fields.field_id,
        {{ continu_coursebase.json_text('choice.value', 'choice_id') }} as choice_id,
        {{ continu_coursebase.json_text('choice.value', 'value') }} as value,
        choice.index as choice_index,
        fields.extracted_at,
        fields.loaded_sequence
    from {{ ref('stg_coursebase__profile_fields') }} as fields
    {{ continu_coursebase.elements('fields.choices', 'choice') }}
)

select
    field_id,
    choice_id,
    choice_index,
    value,
    {{ continu_coursebase.number_of('value') }} as value_number,
    {{ continu_coursebase.date_of('value') }} as value_on,
    extracted_at,
    loaded_sequence
from choices
