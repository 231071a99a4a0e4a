{#- What the reports tell of people and of content, as columns of the models of the newest rows. -#}

{% macro reports_of_people() %}
    {%- set found = [] -%}
    {%- for report in [
        'user_engagement', 'manager_summary', 'content_completion', 'user_content', 'assignment_summary',
        'track_status', 'scorm_status', 'assessment_status', 'workshop_status',
    ] -%}
        {%- do found.append({'report': report, 'expressions': {
            'user_key': continu_coursebase.user_key(),
            'email': "case when email not like 'userid:%' and email not like 'id:%' then "
                ~ ('email' if report in ('content_completion', 'user_content') else 'coalesce(email_as_sent, email)')
                ~ ' end',
            'userid': 'userid',
            'first_name': 'first_name',
            'last_name': 'last_name',
            'job_title': 'job_title',
            'role': 'role',
            'org_level': 'org_level',
            'grade': 'grade',
            'language': 'language',
            'region': 'region',
            'manager_email': 'manager_email',
            'is_manager': 'is_manager',
            'is_suspended': 'suspended',
            'suspended_at': 'suspended_on' if report != 'assignment_summary' else continu_coursebase.nothing('timestamp'),
            'hired_at': 'hired_on',
            'created_at': 'created_at' if report not in ('content_completion', 'user_content') else continu_coursebase.nothing('timestamp'),
            'first_login_at': 'first_login',
            'last_login_at': 'last_login',
            'departments': 'departments',
            'locations': 'locations',
            'teams': 'teams',
            'groups': 'groups',
        }}) -%}
    {%- endfor -%}
    {{ return(found) }}
{% endmacro %}


{% macro reports_of_content() %}
    {%- set nothing = continu_coursebase.nothing -%}
    {%- set found = [{'report': 'content_engagement', 'newest_at': 'window_from', 'expressions': {
        'content_id': 'id',
        'title': 'title',
        'content_type': 'type',
        'is_archived': 'archived',
        'is_published': 'published',
        'created_at': 'created_at',
        'updated_at': 'updated_at',
        'url': 'url',
        'creator_email': 'creator_email',
        'categories': 'linked_categories',
        'tags': 'tags',
    }}] -%}
    {%- for report, columns in {
        'assignment_summary': ('content_id', 'content_title', 'content_type', 'content_archived'),
        'content_completion': ('content_id', 'content_title', 'content_type', nothing('boolean')),
        'user_content': ('content_id', 'content_title', 'content_type', nothing('boolean')),
        'track_status': ('track_id', 'track_title', "'track'", nothing('boolean')),
        'scorm_status': ('scorm_id', 'scorm_title', "'scorm'", nothing('boolean')),
        'assessment_status': ('assessment_id', 'assessment_title', "'assessment'", nothing('boolean')),
        'workshop_status': ('workshop_id', 'workshop_title', "'workshop'", nothing('boolean')),
    }.items() -%}
        {%- do found.append({'report': report, 'expressions': {
            'content_id': columns[0],
            'title': columns[1],
            'content_type': columns[2],
            'is_archived': columns[3],
            'is_published': nothing('boolean'),
            'created_at': nothing('timestamp'),
            'updated_at': nothing('timestamp'),
            'url': nothing('text'),
            'creator_email': nothing('text'),
            'categories': nothing('json'),
            'tags': nothing('json'),
        }}) -%}
    {%- endfor -%}
    {{ return(found) }}
{% endmacro %}
