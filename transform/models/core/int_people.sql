{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='person_key',
    on_schema_change='append_new_columns',
    indexes=[
        {'columns': ['person_key'], 'unique': true},
        {'columns': ['loaded_sequence']},
        {'columns': ['seen_key']},
    ],
    pre_hook="{{ continu_coursebase.doubt('user_key', 'person_key', continu_coursebase.reports_of_people()) }}",
    post_hook="{{ continu_coursebase.settle() }}",
) }}
{{ continu_coursebase.newest_rows('user_key', 'person_key', continu_coursebase.reports_of_people()) }}
