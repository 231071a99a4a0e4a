"""What a check saves and prints of an answer says what it looks like, and none of its values."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_continu_coursebase.check.kinds import agreed, described
from tap_continu_coursebase.check.masking import masked, masked_body
from tap_continu_coursebase.check.names import is_known

SECRETS = [
    "ann.person@example.com",
    "5f8a1c2d4e6b7a9c0d1e2f3a",
    "af8a1c2d4e6b7a9c",
    "Ann Person",
    "AnnPerson",
    "ann_person",
    "sk_live_Abcdef",
    "user-4711",
    "3f2504e0-4f89-11d3-9a0c-0305e82c3301",
    "+49 30 1234",
    "2024-05-01",
    "\u682a\u5f0f",
]


def leaks(shown: Any) -> list[str]:
    text = json.dumps(shown, ensure_ascii=False).lower()
    return [secret for secret in SECRETS if secret.lower() in text]


@pytest.mark.parametrize(
    "place",
    [
        lambda secret: [{"email": secret, "note": f"call {secret} now"}],
        lambda secret: [{"email": "x", "scores": {secret: 1}}] * 3,
        lambda secret: [{"email": "x", "scores": {secret: {"count": 1}}}] * 3,
        lambda secret: {"data": {secret: [{"email": "y"}]}},
        lambda secret: {"result": {"by_user": {secret: 3, "other": 4}}},
        lambda secret: {secret: 1, "Bob Other": 2, "c@example.com": 3},
        lambda secret: [{"id": secret, secret: True}] * 3,
        lambda secret: [[secret, {secret: secret}]],
        lambda secret: secret,
        lambda secret: [secret],
    ],
)
def test_no_value_survives_wherever_it_stands(place: Any) -> None:
    for secret in SECRETS:
        document = place(secret)
        assert leaks(masked(document)) == []
        body = json.dumps(document).encode()
        for part in (body, body[: len(body) * 2 // 3], body + b"\n" + body, b"oops " + body):
            assert leaks(masked_body(part, is_whole=part == body)) == []


@pytest.mark.parametrize(
    "text", ["<html>ann_person</html>", "ann_person is not allowed", "\xff\xfe"]
)
def test_what_is_no_json_is_only_measured(text: str) -> None:
    shown = masked_body(text.encode("latin-1"), is_whole=True)
    assert {*shown} == {"bytes", "is_whole", "is"}
    assert leaks(shown) == []


def test_the_names_of_fields_stay() -> None:
    rows = [
        {"email": "a@example.com", "costCenter": "A", "createdBy": {"email": "b@example.com"}},
        {"email": "c@example.com", "costCenter": "B", "createdBy": {"email": None}},
    ]
    assert masked({"data": rows, "hasMore": False}) == {
        "data": [
            {"email": "string(email)", "costCenter": "string", "createdBy": {"email": mail}}
            for mail in ("string(email)", "null")
        ],
        "hasMore": "boolean",
    }


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("a@example.com", "string(email)"),
        ("5f8a1c2d4e6b7a9c0d1e2f3a", "string(24 hex)"),
        ("2026-01-02T03:04:05Z", "date-time"),
        ("2026-01-02", "date"),
        ("", "string(empty)"),
        ("00123", "string(digits)"),
        ("https://x.example.com/a?b=c", "string(url)"),
        ("hello", "string"),
        (1, "integer"),
        (1.5, "number"),
        (True, "boolean"),
        (None, "null"),
        ([1, 2], "array(2)"),
    ],
)
def test_a_value_is_told_by_its_shape(value: Any, kind: str) -> None:
    assert described(value) == kind


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([1, None, 2], "integer"),
        ([1, 1.5], "number"),
        ([1, "x"], "string"),
        ([True, 1], "string"),
        (["2026-01-02T03:04:05Z", None], "date-time"),
        (["2026-01-02T03:04:05Z", "soon"], "string"),
        ([[1], []], "array"),
        ([{}, {"a": 1}], "object"),
        ([{}, "x"], None),
        ([None], None),
        ([], None),
    ],
)
def test_the_type_of_a_column_is_one_that_all_values_have(values: Any, kind: str | None) -> None:
    assert agreed(values) == kind


documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(documents)
def test_only_names_and_types_are_left_of_any_document(document: Any) -> None:
    def check(shown: Any) -> None:
        match shown:
            case list():
                for item in shown:
                    check(item)
            case dict():
                for key, item in shown.items():
                    assert is_known(key) or re.fullmatch(r"<.*>|[A-Za-z_$@][\w$@-]*", key)
                    check(item)
            case _:
                assert re.fullmatch(
                    r"null|boolean|integer|number|date|date-time|object|string(\(.*\))?"
                    r"|array\(\d+\)|and \d+ more",
                    shown,
                )

    check(masked(document))
