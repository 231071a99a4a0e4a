"""The schema files of the streams against the documented flags and fields."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError

from harness.documented import (
    AGGREGATES,
    CONTINU_KEYS,
    COURSEBASE_KEYS,
    FLAGS,
    INSIDE,
    JOINS,
    LEDGER_KEY,
    M8,
    M9,
    NO_ID,
    REJECTED_KEY,
    SUB_OBJECTS,
    U32,
    UNFLAGGED,
    joins,
    words,
)

DIRECTORY = Path(__file__).resolve().parent.parent / "schemas" / "continu"
COURSEBASE = DIRECTORY.parent / "coursebase"
LEDGER = "windows"
REJECTED = "rejected_rows"


# --- Flags and keys stand in harness/documented.py; what else the tap decides, here. ---

DOCUMENTED_COUNTS = {
    "content_completion": 37,
    "user_content": 37,
    "content_engagement": 36,
    "user_engagement": 45,
    "assignment_summary": 62,
    "pivoted_content_assignments": 3,
    "pivoted_user_assignments": 1,
    "simplified_assignments": 3,
    "assessment_status": 43,
    "track_status": 47,
    "scorm_status": 49,
    "workshop_engagement": 18,
    "workshop_status": 39,
    "manager_summary": 42,
}

KEYS = {
    name: list(key)
    for name, key in {
        **CONTINU_KEYS,
        LEDGER: LEDGER_KEY,
        REJECTED: REJECTED_KEY,
    }.items()
}

OWN_COLUMNS: dict[str, list[str]] = {
    "content_completion": ["completion_id", "completed_on", *INSIDE["content_completion"]],
    "user_content": ["completion_id", "completed_on", *INSIDE["user_content"]],
    "pivoted_content_assignments": ["record_key"],
    "pivoted_user_assignments": ["record_key"],
    "simplified_assignments": [
        "assignment_id",
        *INSIDE["simplified_assignments"],
        "assigned_date",
        "assignment_status",
        "completed_date",
        "content_id",
        "content_title",
        "content_type",
        "due_date",
        "updated_date",
    ],
}

ALIASES: dict[str, dict[str, list[str]]] = {
    "content_completion": {"completion_id": ["_id", "id"]},
    "user_content": {"completion_id": ["_id", "id"]},
    "content_engagement": {"id": ["_id", "content_id"]},
    "pivoted_content_assignments": {"record_key": ["content_id", "id", "_id"]},
    "pivoted_user_assignments": {"record_key": ["email", "userid", "id", "_id"]},
    "simplified_assignments": {
        "assignment_id": ["_id", "id"],
        "updated_date": ["updated_at"],
    },
    "workshop_engagement": {"workshop_instance_id": ["_id", "id"]},
}

LEDGER_COLUMNS = [
    "stream",
    "window_from",
    "window_until",
    "rows",
    "bytes",
    "seconds",
    "tries",
    "requested_at",
]

REJECTED_COLUMNS = [
    "stream",
    "row_digest",
    "window_from",
    "window_until",
    "reason",
    "row",
    "requested_at",
]

# No key, yet the tap always fills it, but for rejected rows of a report without dates.
NEVER_NULL = frozenset({"window_until"})

# A key in some streams, where it cannot be null, and an ordinary column in others.
DIFFERENT_TYPES = frozenset({"assignment_id", "content_id", "email", "window_from", "window_until"})

ANNOTATIONS = frozenset(
    {
        "x-flag",
        "x-aliases",
        "x-paths",
        "x-unlike",
        "x-fallbacks",
        "x-lower-case",
        "x-selected-by-default",
    }
)
KEYWORDS = ANNOTATIONS | {"type", "format", "description", "default"}

REPORTS = sorted(FLAGS)
NAMES = sorted(KEYS)


def load(name: str, directory: Path = DIRECTORY) -> dict[str, Any]:
    schema: dict[str, Any] = json.loads((directory / f"{name}.json").read_text(encoding="utf-8"))
    return schema


def columns(name: str, directory: Path = DIRECTORY) -> dict[str, dict[str, Any]]:
    properties: dict[str, dict[str, Any]] = load(name, directory)["properties"]
    return properties


def types(column: dict[str, Any]) -> list[str]:
    kind: str | list[str] = column["type"]
    return [kind] if isinstance(kind, str) else kind


def example(column: dict[str, Any]) -> Any:
    if column.get("format") == "date-time":
        return "2024-05-15T14:32:00Z"
    examples: dict[str, Any] = {
        "array": ["a"],
        "boolean": True,
        "integer": 12,
        "number": 4.5,
        "object": {"a": 1},
        "string": "a",
    }
    return examples[types(column)[0]]


def test_tables_agree_with_documented_counts() -> None:
    assert (len(U32), len(M8), len(M9)) == (32, 8, 9)
    assert {name: len(flags) for name, flags in FLAGS.items()} == DOCUMENTED_COUNTS
    assert set(KEYS) == {*FLAGS, LEDGER, REJECTED}


def test_the_readme_tells_every_key() -> None:
    exports = {"report_<type>": "report", "saved_report_<id>": "saved_report"}
    readme = (DIRECTORY.parent.parent / "README.md").read_text("utf-8")
    table = readme.partition("## What it loads")[2].partition("\n- ")[0]
    told = {}
    for names, key in re.findall(r"^\| (`.*) \| .* \| (.*) \|$", table, re.MULTILINE):
        for name in re.findall(r"`([^`]+)`", names):
            source, _, rest = name.partition("_")
            told[source, exports.get(rest, rest)] = key
    assert told.keys() == {
        *(("continu", name) for name in NAMES),
        *(("coursebase", name) for name in C_NAMES),
    }
    for (source, name), text in told.items():
        key = KEYS[name] if source == "continu" else C_KEYS[name]
        if text == "its id":
            assert len(key) == 1, name
        elif name in exports.values():
            assert text == "`report_type` or `report_id`, `row_number`"
        else:
            assert text == ", ".join(f"`{column}`" for column in key), name


def test_one_file_a_stream() -> None:
    assert sorted(path.name for path in DIRECTORY.iterdir()) == [f"{name}.json" for name in NAMES]


@pytest.mark.parametrize("name", NAMES)
def test_valid_draft_2020_12(name: str) -> None:
    schema = load(name)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("name", NAMES)
def test_head(name: str) -> None:
    schema = load(name)
    assert list(schema) == ["$schema", "title", "type", "description", "required", "properties"]
    assert schema["title"] == f"continu_{name}"
    assert schema["type"] == "object"
    assert len(schema["description"]) >= 15
    assert schema["required"] == KEYS[name]


@pytest.mark.parametrize("name", NAMES)
def test_written_as_json_dumps_writes(name: str) -> None:
    text = (DIRECTORY / f"{name}.json").read_bytes().decode("utf-8")
    assert text == json.dumps(json.loads(text), indent=2, ensure_ascii=False) + "\n"


@pytest.mark.parametrize("name", REPORTS)
def test_flags_are_the_documented_ones(name: str) -> None:
    flagged = {column for column, definition in columns(name).items() if "x-flag" in definition}
    assert flagged == FLAGS[name]


@pytest.mark.parametrize("name", REPORTS)
def test_columns_and_their_order(name: str) -> None:
    front = [*KEYS[name], *(["window_until"] if name in AGGREGATES else [])]
    own = [column for column in OWN_COLUMNS.get(name, []) if column not in front]
    flags = sorted(FLAGS[name] - set(front))
    assert list(columns(name)) == [*front, *flags, *own, "additional_fields"]


def test_ledger_columns() -> None:
    for name, expected in ((LEDGER, LEDGER_COLUMNS), (REJECTED, REJECTED_COLUMNS)):
        recorded = columns(name)
        assert list(recorded) == expected
        assert not any(ANNOTATIONS & definition.keys() for definition in recorded.values())


@pytest.mark.parametrize("name", REPORTS)
def test_aliases(name: str) -> None:
    found = {
        column: definition["x-aliases"]
        for column, definition in columns(name).items()
        if "x-aliases" in definition
    }
    assert found == ALIASES.get(name, {})
    taken = {alias for aliases in found.values() for alias in aliases}
    assert not taken & columns(name).keys()


@pytest.mark.parametrize("name", REPORTS)
def test_columns_that_are_read_inside_of_an_object(name: str) -> None:
    found = {
        column: definition["x-paths"]
        for column, definition in columns(name).items()
        if "x-paths" in definition
    }
    assert found.keys() == INSIDE.get(name, {}).keys()
    for column, paths in found.items():
        flag = INSIDE[name][column]
        assert {path.partition(".")[0] for path in paths} == {flag}
        assert flag in FLAGS[name]
        assert {path for path in paths if path.count(".") != 1} <= {flag}
        description = columns(name)[column]["description"]
        assert f"Inferred: read inside of {flag}, for which it is asked" in description
        assert "asked for by default" in columns(name)[flag]["description"]
    for column in UNFLAGGED.get(name, {}):
        assert "Inferred: not a flag" in columns(name)[column]["description"]


@pytest.mark.parametrize(
    ("source", "name"), [(source, name) for source, names in JOINS.items() for name in names]
)
def test_what_a_table_joins_to_is_told_and_selected(source: str, name: str) -> None:
    folder = DIRECTORY.parent / source
    assert load(name, folder)["description"].endswith(f" {joins(JOINS[source][name])}")
    for column in {one for found in JOINS[source][name].values() for one in found}:
        assert columns(name, folder)[column].get("x-selected-by-default", True), column


def test_what_every_report_and_list_joins_to_is_told() -> None:
    assert JOINS["continu"].keys() == FLAGS.keys()
    assert JOINS["coursebase"].keys() == {*C_NAMES} - {"report", "saved_report"}


@pytest.mark.parametrize("name", REPORTS)
def test_continus_own_id_of_a_user_is_not_the_organisations(name: str) -> None:
    for column, definition in columns(name).items():
        assert definition.get("x-unlike") == (["user_id"] if column == "userid" else None)


@pytest.mark.parametrize("name", REPORTS)
def test_what_stands_in_for_an_absent_key_is_told(name: str) -> None:
    others = {"userid": ["userid"], "id": ["user_id", "_id", "id"]}
    expected = {"email": others, "record_key": {"email": ["email"], **others}}
    for column, definition in columns(name).items():
        has = column == "email" or (column == "record_key" and "user" in name)
        assert definition.get("x-fallbacks") == (expected[column] if has else None)
        assert definition.get("x-lower-case") == (["email"] if has else None)
        for prefix in definition.get("x-fallbacks", {}):
            assert f"{prefix}:..." in definition["description"]


@pytest.mark.parametrize("name", REPORTS)
def test_columns_that_are_deselected_by_default(name: str) -> None:
    definitions = columns(name)
    deselected = {
        column
        for column, definition in definitions.items()
        if "x-selected-by-default" in definition
    }
    holding_objects = {
        column
        for column, definition in definitions.items()
        if "object" in types(definition) and column != "additional_fields"
    }
    assert deselected == SUB_OBJECTS & definitions.keys()
    assert deselected == holding_objects
    assert not deselected & set(KEYS[name])


@pytest.mark.parametrize("name", NAMES)
def test_only_known_keywords(name: str) -> None:
    for column, definition in columns(name).items():
        assert definition.keys() <= KEYWORDS, column
        assert definition.get("x-flag", True) is True, column
        assert definition.get("x-selected-by-default", False) is False, column


@pytest.mark.parametrize("name", NAMES)
def test_every_column_is_described(name: str) -> None:
    for column, definition in columns(name).items():
        description = definition["description"]
        assert len(description) >= 15, column
        assert description.endswith("."), column
        assert ("Documented flag" in description) is ("x-flag" in definition), column


@pytest.mark.parametrize("name", NAMES)
def test_only_keys_are_never_null(name: str) -> None:
    for column, definition in columns(name).items():
        required = column in KEYS[name] or (name != REJECTED and column in NEVER_NULL)
        assert ("null" in types(definition)) is not required, column
        assert len(types(definition)) == len(set(types(definition))), column


@pytest.mark.parametrize("name", NAMES)
def test_absent_parts_of_a_key_default_to_a_visible_text(name: str) -> None:
    defaults = {
        column: definition["default"]
        for column, definition in columns(name).items()
        if "default" in definition
    }
    assert defaults == {column: NO_ID for column in KEYS[name] if column.startswith("containing_")}
    for column in defaults:
        assert f"{NO_ID} stands for" in columns(name)[column]["description"]


@pytest.mark.parametrize("name", NAMES)
def test_formats(name: str) -> None:
    for column, definition in columns(name).items():
        is_date = column.endswith(("_date", "_at", "_on", "_login")) or column in {
            "window_from",
            "window_until",
        }
        assert definition.get("format") == ("date-time" if is_date else None), column
        if is_date:
            assert types(definition)[0] == "string", column


def test_same_name_same_type() -> None:
    seen: dict[str, set[str]] = {}
    for name in NAMES:
        for column, definition in columns(name).items():
            seen.setdefault(column, set()).add(json.dumps(definition["type"]))
    assert {column for column, found in seen.items() if len(found) > 1} == DIFFERENT_TYPES
    assert seen["email"] == {'"string"', '["string", "null"]'}


@pytest.mark.parametrize("name", NAMES)
def test_records(name: str) -> None:
    validator = Draft202012Validator(load(name))
    record = {column: example(definition) for column, definition in columns(name).items()}
    validator.validate(record)
    validator.validate({column: record[column] for column in KEYS[name]})
    for column in KEYS[name]:
        with pytest.raises(ValidationError):
            validator.validate(record | {column: None})
        with pytest.raises(ValidationError):
            validator.validate({key: value for key, value in record.items() if key != column})


# --- Coursebase: every column with its type, written out from the API's reference. ---

TEXT = ["string", "null"]
KEY_TEXT = "string"
WHOLE = ["integer", "null"]
NUMBER = ["number", "null"]
ARRAY = ["array", "null"]
OBJECT = ["object", "null"]

C_KEYS = {name: list(key) for name, key in COURSEBASE_KEYS.items()}

C_COLUMNS: dict[str, dict[str, str | list[str]]] = {
    "users": {"user_id": KEY_TEXT, "login_id": TEXT, "additional_fields": OBJECT},
    "user_search": {"user_id": KEY_TEXT, "login_id": TEXT, "additional_fields": OBJECT},
    "user_details": {
        "user_id": KEY_TEXT,
        "login_id": TEXT,
        "last_name": TEXT,
        "first_name": TEXT,
        "time_zone": TEXT,
        "language": TEXT,
        "profile": ARRAY,
        "additional_fields": OBJECT,
    },
    "user_groups": {
        "user_id": KEY_TEXT,
        "group_id": KEY_TEXT,
        "name": TEXT,
        "additional_fields": OBJECT,
    },
    "groups": {
        "group_id": KEY_TEXT,
        "name": TEXT,
        "parent_id": TEXT,
        "additional_fields": OBJECT,
    },
    "group_users": {
        "group_id": KEY_TEXT,
        "user_id": KEY_TEXT,
        "role": KEY_TEXT,
        "login_id": TEXT,
        "additional_fields": OBJECT,
    },
    "courses": {"course_id": KEY_TEXT, "title": TEXT, "additional_fields": OBJECT},
    "course_details": {
        "course_id": KEY_TEXT,
        "title": TEXT,
        "title_translations": ARRAY,
        "location": TEXT,
        "start_date": TEXT,
        "end_date": TEXT,
        "registration_end_date": TEXT,
        "passing_grade": TEXT,
        "passing_grade_percentage": NUMBER,
        "learner_maximum": TEXT,
        "learner_maximum_count": NUMBER,
        "learner_waitlist": TEXT,
        "learner_waitlist_count": NUMBER,
        "learner_leave_course": TEXT,
        "messages": TEXT,
        "instructor_count": WHOLE,
        "learner_count": WHOLE,
        "status": TEXT,
        "additional_fields": OBJECT,
    },
    "profile_fields": {
        "field_id": KEY_TEXT,
        "name": TEXT,
        "type": TEXT,
        "choices": ARRAY,
        "additional_fields": OBJECT,
    },
    "reports": {
        "report_id": KEY_TEXT,
        "title": TEXT,
        "type": TEXT,
        "additional_fields": OBJECT,
    },
    "course_approvers": {
        "approver_user_id": KEY_TEXT,
        "requester_user_id": KEY_TEXT,
        "approver_first_name": TEXT,
        "approver_last_name": TEXT,
        "approver_login_id": TEXT,
        "requester_first_name": TEXT,
        "requester_last_name": TEXT,
        "requester_login_id": TEXT,
        "additional_fields": OBJECT,
    },
    "report": {
        "report_type": KEY_TEXT,
        "row_number": "integer",
        "language": TEXT,
        "time_zone": TEXT,
        "data_updated_at": TEXT,
        "exported_at": TEXT,
    },
    "saved_report": {
        "report_id": KEY_TEXT,
        "row_number": "integer",
        "language": TEXT,
        "time_zone": TEXT,
        "data_updated_at": TEXT,
        "exported_at": TEXT,
    },
}

# Columns that no response row holds: the tap fills them from the request or from the job.
C_ADDED: dict[str, set[str]] = {
    "user_groups": {"user_id"},
    "group_users": {"group_id"},
    "report": {*C_COLUMNS["report"]},
    "saved_report": {*C_COLUMNS["saved_report"]},
}

C_INSTANTS = frozenset({"data_updated_at", "exported_at"})
C_DATES = frozenset({"start_date", "end_date", "registration_end_date"})
C_TYPE_INFERRED = frozenset({"instructor_count", "learner_count"})

# Equal names have equal types in all Coursebase files, without exception.
C_DIFFERENT_TYPES: frozenset[str] = frozenset()
# Columns of both sources that mean the same.
C_LIKE_CONTINU = words("additional_fields first_name language last_name title type")

C_NAMES = sorted(C_KEYS)


def test_coursebase_one_file_a_stream() -> None:
    assert set(C_COLUMNS) == set(C_KEYS)
    assert sorted(path.name for path in COURSEBASE.iterdir()) == [
        f"{name}.json" for name in C_NAMES
    ]


@pytest.mark.parametrize("name", C_NAMES)
def test_coursebase_valid_draft_2020_12(name: str) -> None:
    schema = load(name, COURSEBASE)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("name", C_NAMES)
def test_coursebase_head(name: str) -> None:
    schema = load(name, COURSEBASE)
    assert list(schema) == ["$schema", "title", "type", "description", "required", "properties"]
    assert schema["title"] == f"coursebase_{name}"
    assert schema["type"] == "object"
    assert len(schema["description"]) >= 15
    assert schema["required"] == C_KEYS[name]


@pytest.mark.parametrize("name", C_NAMES)
def test_coursebase_written_as_json_dumps_writes(name: str) -> None:
    text = (COURSEBASE / f"{name}.json").read_bytes().decode("utf-8")
    assert text == json.dumps(json.loads(text), indent=2, ensure_ascii=False) + "\n"


@pytest.mark.parametrize("name", C_NAMES)
def test_coursebase_columns_types_and_their_order(name: str) -> None:
    found = {column: definition["type"] for column, definition in columns(name, COURSEBASE).items()}
    assert found == C_COLUMNS[name]
    assert list(found) == list(C_COLUMNS[name])
    assert list(found)[: len(C_KEYS[name])] == C_KEYS[name]
    assert ("additional_fields" in found) is (name not in {"report", "saved_report"})


@pytest.mark.parametrize("name", C_NAMES)
def test_coursebase_only_keys_are_never_null(name: str) -> None:
    for column, definition in columns(name, COURSEBASE).items():
        assert ("null" in types(definition)) is (column not in C_KEYS[name]), column


@pytest.mark.parametrize("name", C_NAMES)
def test_coursebase_only_known_keywords(name: str) -> None:
    for column, definition in columns(name, COURSEBASE).items():
        expected = ["type", "format", "description"] if column in C_INSTANTS else None
        assert list(definition) == (expected or ["type", "description"]), column
        assert definition.get("format") == ("date-time" if expected else None), column


@pytest.mark.parametrize("name", C_NAMES)
def test_coursebase_every_column_is_described(name: str) -> None:
    added = C_ADDED.get(name, set()) | {"additional_fields"}
    for column, definition in columns(name, COURSEBASE).items():
        text = definition["description"]
        if column in added:
            ending = " Added by the tap."
        elif column in C_TYPE_INFERRED:
            ending = " Documented; type inferred."
        else:
            ending = " Documented."
        assert text.endswith(ending), column
        assert len(text) - len(ending) >= 15, column
        assert ("RFC 3339, UTC." in text) is (column in C_INSTANTS), column
        assert ("YYYY-MM-DD, without time and time zone" in text) is (column in C_DATES), column


def test_coursebase_flattening_is_described() -> None:
    assert "flattens the two nested objects" in load("course_approvers", COURSEBASE)["description"]
    for column, definition in columns("course_approvers", COURSEBASE).items():
        if column != "additional_fields":
            side, _, field = column.partition("_")
            expected = f"In the response {field} inside the object {side}, flattened by the tap."
            assert expected in definition["description"], column


def test_coursebase_two_kinds_of_export_differ_only_in_what_selects_them() -> None:
    by_type, by_id = columns("report", COURSEBASE), columns("saved_report", COURSEBASE)
    assert list(by_type.items())[1:] == list(by_id.items())[1:]
    for name in ("report", "saved_report"):
        description = load(name, COURSEBASE)["description"]
        for part in ("each CSV column", "snake_case", "original header", "text", "nullable"):
            assert part in description, (name, part)


def test_coursebase_same_name_same_type() -> None:
    seen: dict[str, set[str]] = {}
    for name in C_NAMES:
        for column, definition in columns(name, COURSEBASE).items():
            shape = [definition["type"], definition.get("format")]
            seen.setdefault(column, set()).add(json.dumps(shape))
    assert {column for column, found in seen.items() if len(found) > 1} == C_DIFFERENT_TYPES


def test_same_name_same_type_in_both_sources() -> None:
    continu = {column: definition for name in NAMES for column, definition in columns(name).items()}
    for name in C_NAMES:
        for column, definition in columns(name, COURSEBASE).items():
            if column in C_LIKE_CONTINU:
                assert definition["type"] == continu[column]["type"], (name, column)
    described = columns("users", COURSEBASE)["additional_fields"]["description"]
    assert described == continu["additional_fields"]["description"]


@pytest.mark.parametrize("name", C_NAMES)
def test_coursebase_records(name: str) -> None:
    validator = Draft202012Validator(load(name, COURSEBASE))
    definitions = columns(name, COURSEBASE)
    record = {column: example(definition) for column, definition in definitions.items()}
    validator.validate(record)
    validator.validate({column: record[column] for column in C_KEYS[name]})
    validator.validate(
        {column: record[column] if column in C_KEYS[name] else None for column in record}
    )
    for column in C_KEYS[name]:
        with pytest.raises(ValidationError):
            validator.validate(record | {column: None})
        with pytest.raises(ValidationError):
            validator.validate({key: value for key, value in record.items() if key != column})


# Rows in the shapes of the reference, with ids and names made up.
C_ROWS: list[tuple[str, dict[str, Any]]] = [
    (
        "user_details",
        {
            "user_id": "aB3dE5fG7hJ9",
            "login_id": "a.sato@example.com",
            "last_name": "佐藤",
            "first_name": "葵",
            "time_zone": "Asia/Tokyo",
            "language": "zh_TW",
            "profile": [
                {"field_id": "f1", "name": "Office", "values": ["Osaka"]},
                {"field_id": "f2", "name": "Grade", "values": [{"choice_id": "c1", "value": 2}]},
                {"field_id": "f3", "name": "Mixed", "values": [1.5, {"choice_id": "c2"}, "x"]},
                {"field_id": "f4", "name": "Empty", "values": []},
            ],
        },
    ),
    ("groups", {"group_id": "g1", "name": "Everyone", "parent_id": None}),
    (
        "course_details",
        {
            "course_id": "c1",
            "title": "Safety",
            "title_translations": [{"language": "ja", "value": "安全"}],
            "location": None,
            "start_date": "2024-02-29",
            "end_date": None,
            "registration_end_date": None,
            "passing_grade": "enabled",
            "passing_grade_percentage": 62.5,
            "learner_maximum": "disabled",
            "learner_maximum_count": None,
            "learner_waitlist": None,
            "learner_waitlist_count": None,
            "learner_leave_course": "enabled",
            "messages": "disabled",
            "instructor_count": 0,
            "learner_count": 12,
            "status": "archived",
        },
    ),
    (
        "profile_fields",
        {
            "field_id": "f1",
            "name": "Since",
            "type": "date_choice",
            "choices": [{"choice_id": "c1", "value": "2024-01-31"}],
        },
    ),
    ("profile_fields", {"field_id": "f2", "name": "Office", "type": "text"}),
]


@pytest.mark.parametrize(("name", "row"), C_ROWS)
def test_coursebase_documented_rows_are_valid(name: str, row: dict[str, Any]) -> None:
    Draft202012Validator(load(name, COURSEBASE)).validate(row)
    assert row.keys() <= columns(name, COURSEBASE).keys()
