"""The settings: their JSON Schema. ``checks.py`` turns a bad value into a sentence."""

from __future__ import annotations

from typing import Any

from singer_sdk import typing as th

from tap_continu_coursebase.core.windows import LONGEST_LOOKBACK, UNITS
from tap_continu_coursebase.coursebase.resources import LANGUAGES, REPORT_TYPES

SCHEMA: dict[str, Any] = th.PropertiesList(
    th.Property(
        "start_date",
        th.StringType,
        title="Start date",
        description="First instant to load, ISO 8601 (UTC unless an offset is given). "
        "Required when Continu is configured.",
        examples=["2024-01-01", "2024-01-01T00:00:00Z"],
    ),
    th.Property(
        "end_date",
        th.StringType,
        title="End date",
        description="Last instant to load (exclusive), ISO 8601; by default the moment the run "
        "starts. Lets a backfill be split among machines.",
        examples=["2024-07-01"],
    ),
    th.Property(
        "continu_api_token",
        th.StringType,
        secret=True,
        title="Continu API token",
        description="Token of the Reporting API; turns the Continu streams on.",
    ),
    th.Property(
        "continu_auth_scheme",
        th.StringType,
        default="raw",
        allowed_values=["raw", "bearer"],
        title="Continu authorization scheme",
        description="How the token is sent: `raw` as it is, or `bearer` with the prefix "
        "`Bearer`. It varies by deployment.",
    ),
    th.Property(
        "continu_api_url",
        th.StringType,
        default="https://reports-latest.continu.co/api/v1",
        title="Continu API URL",
        description="Base URL of the Reporting API, version prefix included.",
    ),
    th.Property(
        "continu_window",
        th.StringType,
        default="month",
        allowed_values=list(UNITS),
        title="Continu window",
        description="Calendar-aligned (UTC) chunk asked for in one request.",
    ),
    th.Property(
        "continu_requests_per_minute",
        th.IntegerType(minimum=1),
        default=50,
        title="Continu requests per minute",
        description="The company's budget, shared by all Continu streams.",
    ),
    th.Property(
        "continu_requests_per_day",
        th.IntegerType(minimum=1),
        default=5000,
        title="Continu requests per day",
        description="The company's daily budget, shared by all Continu streams.",
    ),
    th.Property(
        "continu_max_in_flight",
        th.IntegerType(minimum=1, maximum=16),
        default=2,
        title="Continu windows in flight",
        description="Windows being downloaded at once; rows are still emitted in window order.",
    ),
    th.Property(
        "continu_not_found_is_empty",
        th.BooleanType,
        default=False,
        title="Continu not found is empty",
        description="Take a text that says that there are no records, under 404 or in place of the "
        "rows, for an empty answer; otherwise the stream fails.",
    ),
    th.Property(
        "lookback_minutes",
        th.IntegerType(minimum=0, maximum=LONGEST_LOOKBACK),
        default=60,
        title="Lookback",
        description="How far before its bookmark each run reads again, for rows that land "
        "late; never moves the bookmark back.",
    ),
    th.Property(
        "coursebase_url",
        th.StringType,
        title="Coursebase URL",
        description="The organisation's own address; turns the Coursebase streams on.",
    ),
    th.Property(
        "coursebase_access_token",
        th.StringType,
        secret=True,
        title="Coursebase access token",
        description="A static bearer token; or set the three that follow.",
    ),
    th.Property(
        "coursebase_client_id",
        th.StringType,
        title="Coursebase client id",
        description="Client of the OAuth 2.0 client credentials grant.",
    ),
    th.Property(
        "coursebase_client_secret",
        th.StringType,
        secret=True,
        title="Coursebase client secret",
        description="Secret of that client.",
    ),
    th.Property(
        "coursebase_token_url",
        th.StringType,
        title="Coursebase token URL",
        description="Where tokens are requested for that client.",
    ),
    th.Property(
        "coursebase_language",
        th.StringType,
        default="en",
        allowed_values=list(LANGUAGES),
        title="Coursebase language",
        description="Language of exported reports.",
    ),
    th.Property(
        "coursebase_time_zone",
        th.StringType,
        default="UTC",
        title="Coursebase time zone",
        description="Time zone of dates in exported reports, a tz database name.",
    ),
    th.Property(
        "coursebase_report_types",
        th.ArrayType(th.StringType(allowed_values=list(REPORT_TYPES))),
        default=list(REPORT_TYPES),
        title="Coursebase report types",
        description="Which report types to export; all by default.",
    ),
    th.Property(
        "coursebase_report_ids",
        th.ArrayType(th.StringType),
        default=[],
        title="Coursebase saved reports",
        description="Ids of saved reports to export.",
        examples=[["AoVrqJR0xD"]],
    ),
    th.Property(
        "coursebase_user_search",
        th.ArrayType(th.StringType),
        default=[],
        title="Coursebase user search",
        description="Parts of login ids to search users by, each of at least 3 characters, at "
        "most 100.",
        examples=[["@example.com"]],
    ),
    th.Property(
        "coursebase_max_in_flight",
        th.IntegerType(minimum=1, maximum=16),
        default=4,
        title="Coursebase calls in flight",
        description="Concurrent calls of the streams that make one call for each parent.",
    ),
    th.Property(
        "coursebase_export_timeout_minutes",
        th.IntegerType(minimum=1, maximum=1440),
        default=60,
        title="Coursebase export timeout",
        description="How long to wait for one export.",
    ),
    th.Property(
        "coursebase_csv_encoding",
        th.StringType,
        default="utf-8",
        title="Coursebase CSV encoding",
        description="Encoding of exported CSV files; a byte order mark is understood.",
        examples=["cp932"],
    ),
    th.Property(
        "coursebase_csv_delimiter",
        th.StringType,
        title="Coursebase CSV delimiter",
        description="What stands between the cells of exported CSV files: one character, or "
        "`comma`, `semicolon`, `tab` or `pipe`. Found in each file by default.",
        examples=["semicolon", ";"],
    ),
    th.Property(
        "coursebase_csv_skip_lines",
        th.IntegerType(minimum=0, maximum=1000),
        default=0,
        title="Coursebase CSV lines before the header",
        description="How many lines, blank ones included, to pass over before the header of each "
        "exported CSV file, such as titles.",
    ),
    th.Property(
        "coursebase_csv_skip_footer_lines",
        th.IntegerType(minimum=0, maximum=1000),
        default=0,
        title="Coursebase CSV lines after the rows",
        description="How many lines to pass over at the end of each exported CSV file, such as "
        "totals; blank ones at the very end do not count.",
    ),
    th.Property(
        "stream_options",
        th.ObjectType(additional_properties=True),
        default={},
        title="Stream options",
        description="Per stream: `range_target` (null or an empty text leaves it to the API), "
        "`window`, `lookback_minutes`, `filters`, `primary_keys`, `columns` (column name to type, "
        'or to an object such as `{"from": "user.email", "type": "string"}` where it stands inside '
        "of another field), `rows_path` (where the rows are in a response that is an object, such "
        "as `data` or `result.items`).",
        examples=[{"continu_track_status": {"range_target": "updated_date"}}],
    ),
    th.Property(
        "additional_fields",
        th.BooleanType,
        default=True,
        title="Additional fields",
        description="Keep undeclared response fields, and values that do not fit their column, "
        "in the column `additional_fields`.",
    ),
    th.Property(
        "discover_live",
        th.BooleanType,
        default=False,
        title="Discover live",
        description="Let discovery send one small request for each stream that is selected by "
        "default, and make the fields that no schema declares into columns, of the type seen.",
    ),
    th.Property(
        "emit_activate_version_messages",
        th.BooleanType,
        default=True,
        title="Emit ACTIVATE_VERSION messages",
        description="After a complete snapshot, tell the target which rows are current, so that "
        "it can mark or remove vanished ones.",
    ),
    th.Property(
        "allow_empty_snapshot",
        th.BooleanType,
        default=False,
        title="Allow empty snapshot",
        description="Let a full table that comes back empty mark all its loaded rows as "
        "deleted; otherwise a stream that had rows fails instead.",
    ),
    th.Property(
        "max_snapshot_shrink_percent",
        th.IntegerType(minimum=0, maximum=100),
        default=50,
        title="Most that a snapshot may shrink",
        description="How many of its rows, in percent, a full table may lose since the last one; "
        "where it loses more the stream fails, and nothing is marked as deleted until this is "
        "raised (100 allows all, tables of fewer than 10 rows may lose any). An empty one is left "
        "to `allow_empty_snapshot`.",
    ),
    th.Property(
        "fail_on_rejected_rows",
        th.BooleanType,
        default=False,
        title="Fail on rejected rows",
        description="End with exit code 1, once everything is loaded, if rows came without their "
        "key; otherwise a warning counts them. Either way they are in `continu_rejected_rows` and "
        "the bookmark moves on.",
    ),
    th.Property(
        "max_conflicting_keys_percent",
        th.IntegerType(minimum=0, maximum=100),
        default=1,
        title="Most conflicting keys",
        description="How many of a response's rows, in percent, may differ from another one that "
        "has the same key, which a warning counts; a stream with more fails before any of them is "
        "written, since its key is wrong.",
    ),
    th.Property(
        "forbid_parallel_runs",
        th.BooleanType,
        default=True,
        title="Forbid parallel runs",
        description="Let no two runs on this machine load the same stream from the same source at "
        "once: the later one waits at its start.",
    ),
    th.Property(
        "parallel_run_wait_minutes",
        th.IntegerType(minimum=0, maximum=1440),
        default=50,
        title="Wait for a parallel run",
        description="How long to wait for such a run, its loader included; after that the run "
        "stops, with exit code 1.",
    ),
    th.Property(
        "lock_folder",
        th.StringType,
        title="Lock folder",
        description="Where runs see each other: a folder for small lock files. By default "
        "`~/.local/state/tap-continu-coursebase` in the home of the user, or else one in `/tmp` or "
        "`/dev/shm`, whatever `HOME`, `TMPDIR` and the like say.",
        examples=["/var/lib/learning/locks"],
    ),
    th.Property(
        "max_run_minutes",
        th.IntegerType(minimum=1, maximum=525_600),
        title="Maximum run time",
        description="Stop at a window's edge after this many minutes, with exit code 0; the "
        "next run continues there. No limit by default.",
    ),
    th.Property(
        "request_timeout_seconds",
        th.IntegerType(minimum=1, maximum=86_400),
        default=300,
        title="Request timeout",
        description="How long one request may take, its whole response included.",
    ),
    additional_properties=False,
).to_dict()
