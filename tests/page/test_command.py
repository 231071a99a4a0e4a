"""What a user of the command reads: the page, or one line that says what is missing."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from harness.pipeline import ROOT, TAP
from harness.warehouse import Warehouse
from tap_continu_coursebase.page.command import main
from tests.page.document import read
from tests.page.models import ARABIC, CHINESE, COLUMNS, COURSEBASE_ALONE, EMOJI, EVIL, ROWS, make

EXECUTABLE = Path(sys.executable).parent / f"{TAP}-page"


def refused(capsys: pytest.CaptureFixture[str], output: Path, *arguments: str) -> str:
    """Return the one line of a command that writes no page."""
    assert main([*arguments, "--output", str(output)]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert not output.exists()
    return said.err


def test_the_command_takes_warehouse_and_schema_from_the_environment(
    database: Warehouse, tmp_path: Path
) -> None:
    environment = {
        "PATH": "",
        "TARGET_POSTGRES_SQLALCHEMY_URL": database.sqlalchemy_url,
        "TARGET_POSTGRES_DEFAULT_TARGET_SCHEMA": "learning",
        "DBT_POSTGRES_SCHEMA": "analytics",
    }
    ended = subprocess.run(
        [EXECUTABLE, "--title", "Ours"],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.startswith("learning.html: ")
    document = read((tmp_path / "learning.html").read_text("utf-8"))
    assert [one.text for one in document.all("h1")] == ["Ours"]


def test_the_commands_of_the_documentation_write_pages(database: Warehouse, tmp_path: Path) -> None:
    """As docs/command-line.md has them."""
    documented = (ROOT / "docs" / "command-line.md").read_text("utf-8")
    (commands,) = re.findall(
        r"^```sh\n(tap-continu-coursebase-page .*?)^```", documented, re.DOTALL | re.MULTILINE
    )
    environment = {"PATH": f"{EXECUTABLE.parent}", "WAREHOUSE_URL": database.sqlalchemy_url}
    subprocess.run(["/bin/sh", "-eu", "-c", commands], env=environment, cwd=tmp_path, check=True)
    named, counted = (
        read((tmp_path / name).read_text("utf-8")) for name in ("learning.html", "counted.html")
    )
    assert named.rows("learners_at_risk")
    assert not counted.rows("learners_at_risk")
    assert named.headlines() == counted.headlines()


def test_the_page_can_go_to_the_standard_output(
    database: Warehouse, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--dsn", database.dsn, "--output", "-"]) == 0
    assert read(capsys.readouterr().out).headlines()["people"] == "5"


def test_no_schema(empty: Warehouse, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = refused(capsys, tmp_path / "page.html", "--dsn", empty.dsn, "--schema", "elsewhere")
    assert "there is no model in elsewhere" in said
    assert "--schema" in said


@pytest.mark.parametrize("model", COLUMNS)
def test_a_missing_model_is_named(
    model: str, empty: Warehouse, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make(empty.dsn, ROWS, without=model)
    said = refused(capsys, tmp_path / "page.html", "--dsn", empty.dsn)
    assert f"analytics lacks {model}: build the models" in said


def test_a_missing_column_is_named(
    empty: Warehouse, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make(empty.dsn, ROWS)
    empty.execute("ALTER TABLE analytics.time_to_complete DROP p90_days, DROP title")
    said = refused(capsys, tmp_path / "page.html", "--dsn", empty.dsn)
    assert "analytics.time_to_complete lacks p90_days, title" in said


def test_models_without_a_row(
    empty: Warehouse, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make(empty.dsn, {})
    said = refused(capsys, tmp_path / "page.html", "--dsn", empty.dsn)
    assert "the models of analytics are empty" in said


def test_models_that_may_not_be_read(
    empty: Warehouse, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make(empty.dsn, ROWS)
    empty.execute("CREATE ROLE stranger LOGIN")
    try:
        dsn = empty.dsn.replace("postgres:@", "stranger:@")
        said = refused(capsys, tmp_path / "page.html", "--dsn", dsn)
    finally:
        empty.execute("DROP ROLE stranger")
    assert "GRANT SELECT ON ALL TABLES IN SCHEMA analytics" in said


def test_an_unreachable_warehouse_is_told_without_its_password(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = refused(
        capsys, tmp_path / "page.html", "--dsn", "postgresql://nobody:hush@127.0.0.1:1/none"
    )
    assert "cannot be reached" in said
    assert "hush" not in said


def test_a_file_that_cannot_be_written(
    database: Warehouse, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = refused(capsys, tmp_path / "none" / "page.html", "--dsn", database.dsn)
    assert "cannot be written: No such file or directory" in said


@pytest.mark.parametrize("package", ["psycopg", "jinja2", "vl_convert"])
def test_without_a_package_one_line_says_what_to_install(
    package: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.delitem(sys.modules, "tap_continu_coursebase.page.render", raising=False)
    monkeypatch.setitem(sys.modules, package, None)
    said = refused(capsys, tmp_path / "page.html", "--dsn", "postgresql://nobody@127.0.0.1:1/none")
    assert package in said
    assert "pip install 'tap-continu-coursebase[page]'" in said


def test_a_warehouse_must_be_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("TARGET_POSTGRES_SQLALCHEMY_URL", raising=False)
    with pytest.raises(SystemExit) as ended:
        main([])
    assert ended.value.code == 2
    assert "say which warehouse" in capsys.readouterr().err


def test_coursebase_alone_is_told_as_such(
    empty: Warehouse, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make(empty.dsn, COURSEBASE_ALONE)
    path = tmp_path / "page.html"
    assert main(["--dsn", empty.dsn, "--output", str(path)]) == 0
    document = read(path.read_text("utf-8"))
    numbers = document.headlines()
    assert (numbers["people"], numbers["assignments"]) == ("1", "0")
    assert (numbers["completion_rate"], numbers["compliance"]) == ("", "")
    silent = [
        one["id"]
        for one in document.all("figure")
        if any(part["class"] == "nothing" for part in one)
    ]
    drawn = [one["id"] for one in document.all("figure") if one["id"] not in silent]
    assert drawn == ["freshness"]
    assert "assignment_summary" in document.figure("completion-by-department").text


def test_without_people_no_name_is_in_the_page(
    empty: Warehouse, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    named = ("Ann Onymous", "Bo Onymous", "Cy Onymous")
    rows = {
        **ROWS,
        "overdue_by_manager": [("ann@example.org", named[0], 3, 2, "2026-01-20")],
        "learners_at_risk": [
            ("bo@example.org", named[1], CHINESE, "high", 3, 0, 41, 0, 4, "3 overdue"),
            ("cy@example.org", named[2], CHINESE, "medium", 1, 0, 1, 0, 2, "1 overdue"),
        ],
    }
    make(empty.dsn, rows)
    path = tmp_path / "page.html"
    assert main(["--dsn", empty.dsn, "--output", str(path)]) == 0
    assert all(one in path.read_text("utf-8") for one in named)
    assert main(["--dsn", empty.dsn, "--output", str(path), "--no-people"]) == 0
    text = path.read_text("utf-8")
    assert not [one for one in (*named, "@example.org") if one in text]
    document = read(text)
    assert (document.headlines()["at_risk"], document.headlines()["overdue"]) == ("2", "3")
    assert document.rows("risk_by_department") == [
        {"department": CHINESE, "high": "1", "medium": "1"}
    ]
    bands = {
        one["band"]: (one["managers"], one["overdue"]) for one in document.rows("overdue_by_band")
    }
    assert bands["2 to 3"] == ("1", "3")


def test_a_title_is_text(database: Warehouse, tmp_path: Path) -> None:
    path, text = tmp_path / "page.html", f"{EVIL} {ARABIC} {EMOJI}"
    assert main(["--dsn", database.dsn, "--output", str(path), "--title", text]) == 0
    assert [one.text for one in read(path.read_text("utf-8")).all("h1")] == [text]
