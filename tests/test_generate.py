"""meltano.yml says what the tap says of itself."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from tools.catalog import EXPORTS, discovered
from tools.generate import (
    FILES,
    ROOT,
    WHOLE,
    filled,
    meltano_settings,
    selected,
    windowed_streams,
)
from tools.staging import statement

SCHEMA = {
    "properties": {
        "start_date": {"type": ["string", "null"], "title": "Start", "description": "First."},
        "token": {
            "type": ["string", "null"],
            "title": "Token",
            "description": "Pass: `x`.",
            "secret": True,
        },
        "grain": {
            "type": ["string", "null"],
            "title": "CalendarUnit",
            "description": "Span.",
            "enum": ["month", "no", None],
            "default": "month",
        },
        "kinds": {
            "type": ["array", "null"],
            "title": "Kinds",
            "description": "All.",
            "items": {"type": ["string"], "enum": ["a", "b"]},
            "default": ["a", "b"],
        },
        "ids": {"type": ["array", "null"], "title": "Ids", "description": "Some.", "default": []},
        "marks": {
            "type": ["boolean", "null"],
            "title": "Marks",
            "description": "Or not.",
            "default": False,
        },
    }
}


def stream(name: str, method: str, deselected: list[tuple[str, ...]]) -> dict[str, Any]:
    breadcrumbs: list[tuple[str, ...]] = [(), ("properties", "id"), ("properties", "content")]
    return {
        "tap_stream_id": name,
        "replication_method": method,
        "schema": {"properties": {"id": {}, "content": {}, "other": {}}},
        "metadata": [
            {"breadcrumb": one, "metadata": {"selected-by-default": one not in deselected}}
            for one in breadcrumbs
        ]
        + [{"breadcrumb": ("properties", "other"), "metadata": {}}],
    }


CATALOG = [
    stream("continu_windows", "INCREMENTAL", []),
    stream("continu_rejected_rows", "INCREMENTAL", []),
    stream("continu_b", "INCREMENTAL", [("properties", "content")]),
    stream("continu_a", "INCREMENTAL", []),
    stream("coursebase_c", "FULL_TABLE", [()]),
    stream("coursebase_report_x", "FULL_TABLE", []),
    stream("coursebase_report_y", "FULL_TABLE", []),
    stream("coursebase_d", "FULL_TABLE", []),
]


@pytest.mark.parametrize("name", FILES)
def test_the_files_are_current(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    assert text == filled(text, FILES[name]()), "make generate"


def test_places_are_filled() -> None:
    before = (
        "# generated: a-b\n# end\nkept\n  # generated: c\n  old\n  # end\n"
        "<!-- generated: a-b -->\nold\n  # end\nold\n<!-- end -->\nkept\n"
    )
    after = filled(before, {"a-b": "- x\n  y\n", "c": "z\n"})
    assert after == (
        "# generated: a-b\n- x\n  y\n# end\nkept\n  # generated: c\n  z\n  # end\n"
        "<!-- generated: a-b -->\n- x\n  y\n<!-- end -->\nkept\n"
    )
    assert filled(after, {"a-b": "- x\n  y\n", "c": "z\n"}) == after


@pytest.mark.parametrize("contents", [{}, {"a": "", "b": ""}])
def test_a_place_and_its_content_go_together(contents: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"\['[ab]'\]"):
        filled("# generated: a\n# end\n", contents)


def test_the_settings_of_meltano() -> None:
    assert meltano_settings(SCHEMA) == yaml.safe_load("""
        - {name: start_date, label: Start, kind: date_iso8601, description: First.}
        - {name: token, label: Token, kind: string, description: "Pass: `x`.", sensitive: true}
        - name: grain
          label: CalendarUnit
          kind: options
          description: Span.
          options: [{label: month, value: month}, {label: "no", value: "no"}]
        - {name: kinds, label: Kinds, kind: array, description: All.}
        - {name: ids, label: Ids, kind: array, description: Some.}
        - {name: marks, label: Marks, kind: boolean, description: Or not.}
        """)


def test_what_is_selected_and_what_is_windowed() -> None:
    assert selected(CATALOG) == [
        "continu_rejected_rows.*",
        "continu_windows.*",
        "continu_*.id",
        "continu_*.other",
        "coursebase_d.*",
        "coursebase_report_*.*",
    ]
    assert windowed_streams(CATALOG) == ["continu_a", "continu_b"]


@pytest.mark.parametrize("name", WHOLE)
def test_what_is_written_as_a_whole_is_up_to_date(name: str) -> None:
    assert (ROOT / name).read_text("utf-8") == WHOLE[name](), "make generate writes it"


def test_every_stream_has_a_staging_view() -> None:
    staging = ROOT / "transform/models/staging"
    wanted = {
        f"{source}/stg_{source}__{name}.sql": statement(f"{source}_{name}")
        for source, _, name in (one["tap_stream_id"].partition("_") for one in discovered())
        if not f"{source}_{name}".startswith(EXPORTS)
    }
    assert {name: (staging / name).read_text("utf-8") for name in wanted} == wanted
