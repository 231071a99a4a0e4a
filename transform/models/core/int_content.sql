{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='content_seen_key',
    on_schema_change='append_new_columns',
    indexes=[
        {'columns': ['content_seen_key'], 'unique': true},
        {'columns': ['loaded_sequence']},
        {'columns': ['seen_key']},
    ],
    pre_hook="{{ continu_coursebase.doubt('content_id', 'content_seen_key', continu_coursebase.reports_of_content()) }}",
    post_hook="{{ continu_coursebase.settle() }}",
) }}
{{ continu_coursebase.newest_rows('content_id', 'content_seen_key', continu_coursebase.reports_of_content()) }}
