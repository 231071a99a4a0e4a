from __future__ import annotations

import csv
import gzip
import io
import zipfile
from typing import Any

import pytest

from tests.sandbox.coursebase.client import Client, members, only_table, table

EXPORT = "report.export"
KIND = "submission_answers"


def exported(api: Client, *plans: dict[str, Any], kind: str = KIND) -> tuple[bytes, int]:
    api.admin("faults", [{"match": EXPORT, **plan} for plan in plans])
    finished = api.finish(report_type=kind)
    return api.fetch(finished["url"]).content, finished["row_count"]


@pytest.fixture
def truth(api: Client) -> list[list[str]]:
    report = api.truth(f"report/{KIND}")
    return [report["header"], *report["rows"]]


def test_plain_file(api: Client, truth: list[list[str]]) -> None:
    content, count = exported(api)
    ((name, inside),) = members(content).items()
    assert name == "SubmissionAnswers.csv"
    assert not inside.startswith(b"\xef\xbb\xbf")
    assert inside.endswith(b"\r\n")
    assert table(inside) == truth
    assert count == len(truth) - 1


def test_members_split_the_rows(api: Client, truth: list[list[str]]) -> None:
    content, count = exported(api, {"kind": "members", "count": 3})
    inside = [table(one) for one in members(content).values()]
    assert len(inside) == 3
    assert all(part[0] == truth[0] for part in inside)
    assert [row for part in inside for row in part[1:]] == truth[1:]
    assert count == len(truth) - 1


def test_unequal_headers(api: Client, truth: list[list[str]]) -> None:
    content, _ = exported(api, {"kind": "members", "unequal": True})
    first, second = (table(one) for one in members(content).values())
    assert first[0] == truth[0] != second[0]
    assert len(first[0]) == len(second[0])


def test_members_beside_and_climbing_paths(api: Client, truth: list[list[str]]) -> None:
    content, _ = exported(api, {"kind": "beside"}, {"kind": "paths"})
    inside = members(content)
    assert list(inside) == ["../../SubmissionAnswers.csv", "README.txt"]
    assert table(inside["../../SubmissionAnswers.csv"]) == truth


def test_byte_order_mark_and_bare_newlines(api: Client, truth: list[list[str]]) -> None:
    content, _ = exported(api, {"kind": "bom"}, {"kind": "newline", "newline": "\n"})
    (inside,) = members(content).values()
    assert inside.startswith(b"\xef\xbb\xbf")
    assert table(inside, "utf-8-sig") == truth
    assert b"\r\n" in inside
    assert inside.count(b"\r\n") < len(truth)


@pytest.mark.parametrize("encoding", ["cp932", "utf-16"])
def test_encodings(api: Client, encoding: str) -> None:
    content, _ = exported(api, {"kind": "encoding", "encoding": encoding})
    report = api.truth(f"report/{KIND}", encoding=encoding)
    assert only_table(content, encoding) == [report["header"], *report["rows"]]
    with pytest.raises(UnicodeDecodeError):
        only_table(content)


def test_headers(api: Client, truth: list[list[str]]) -> None:
    header, *rows = only_table(exported(api, {"kind": "headers"})[0])
    assert header == [truth[0][0], truth[0][0], *truth[0][2:-1], ""]
    assert rows == truth[1:]


def test_row_count(api: Client, truth: list[list[str]]) -> None:
    content, count = exported(api, {"kind": "row_count", "by": -2})
    assert count == len(truth) - 3
    assert only_table(content) == truth


def test_no_rows(api: Client, truth: list[list[str]]) -> None:
    content, count = exported(api, {"kind": "no_rows"})
    assert (only_table(content), count) == ([truth[0]], 0)


@pytest.mark.parametrize(
    "plan", [{"kind": "encoding", "encoding": "none"}, {"kind": "bomb", "megabytes": "many"}]
)
def test_senseless_shapes(api: Client, plan: dict[str, Any]) -> None:
    assert "message" in api.admin("faults", [plan], status=400)


def test_no_zip(api: Client, truth: list[list[str]]) -> None:
    content, _ = exported(api, {"kind": "not_zip"})
    assert not zipfile.is_zipfile(io.BytesIO(content))
    assert table(content) == truth


def test_bad_checksum(api: Client) -> None:
    content, _ = exported(api, {"kind": "bad_crc"})
    with pytest.raises(zipfile.BadZipFile, match="Bad CRC-32"):
        members(content)


@pytest.mark.parametrize("declared", [None, 5000])
def test_bomb(api: Client, declared: int | None) -> None:
    content, _ = exported(api, {"kind": "bomb", "megabytes": 64, "declared": declared})
    assert len(content) < 1_000_000
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        (info,) = archive.infolist()
        if declared is None:
            assert archive.testzip() is None
            assert info.file_size > 64 * 2**20
        else:
            assert info.file_size == declared


def test_plan_for_one_report(api: Client, truth: list[list[str]]) -> None:
    api.plan("not_zip", EXPORT, where={"report_type": "people"})
    assert only_table(exported(api)[0]) == truth
    assert api.faults_left() == 1
    assert not zipfile.is_zipfile(io.BytesIO(exported(api, kind="people")[0]))
    assert api.faults_left() == 0


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_delimiters_and_quotes(api: Client, truth: list[list[str]], delimiter: str) -> None:
    plans = ({"kind": "delimiter", "delimiter": delimiter}, {"kind": "quoted"})
    (inside,) = members(exported(api, *plans)[0]).values()
    text = inside.decode()
    assert list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)) == truth
    assert text.startswith(f'"{truth[0][0]}"{delimiter}"')


def test_lines_around_the_table(api: Client, truth: list[list[str]]) -> None:
    plans = ({"kind": "titles", "lines": ["Answers", ""]}, {"kind": "totals", "lines": ["Total"]})
    content, count = exported(api, *plans)
    assert only_table(content) == [["Answers"], [], *truth, ["Total"]]
    assert count == len(truth) - 1


def test_other_endings(api: Client, truth: list[list[str]]) -> None:
    content, _ = exported(api, {"kind": "ending", "ending": ".txt"})
    assert list(members(content)) == ["SubmissionAnswers.txt"]
    assert only_table(content) == truth


def test_gzip(api: Client, truth: list[list[str]]) -> None:
    assert table(gzip.decompress(exported(api, {"kind": "gzip"})[0])) == truth
