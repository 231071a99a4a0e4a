from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
import requests

from benchmarks import rows, server
from benchmarks.contenders import WINDOW

SCHEMA = Path(rows.__file__).parent.parent / "schemas" / "continu" / "content_completion.json"
MORE_THAN_A_BLOCK = 5000


@pytest.mark.parametrize("form", rows.FORMS)
def test_a_body_is_one_array_of_the_rows_one_by_one(form: str) -> None:
    decoded = json.loads(b"".join(rows.pieces(MORE_THAN_A_BLOCK, form)))
    assert len({row["completion_id"] for row in decoded}) == len(decoded) == MORE_THAN_A_BLOCK
    for index in (0, 4095, 4096, MORE_THAN_A_BLOCK - 1):
        assert decoded[index] == rows.row(index, form)


def test_declared_rows_have_only_columns_of_the_schema() -> None:
    properties = json.loads(SCHEMA.read_text("utf-8"))["properties"]
    assert set(rows.row(0)) == set(rows.COLUMNS) <= set(properties)
    dates = {name for name in rows.COLUMNS if properties[name].get("format") == "date-time"}
    assert dates == rows.DATES


def test_drifted_rows_have_others_too() -> None:
    assert set(rows.row(0, "drifted")) - set(rows.COLUMNS) == {
        "createdAt",
        "lastActivityAt",
        "revision",
        "sourceSystem",
    }


def test_a_file_holds_the_whole_body_and_is_made_once(tmp_path: Path) -> None:
    path = rows.compressed(tmp_path, 10)
    made = path.stat().st_mtime_ns
    body = b"".join(rows.pieces(10))
    assert gzip.decompress(path.read_bytes()) == body
    assert rows.body_size(tmp_path, 10) == len(body)
    assert rows.compressed(tmp_path, 10).stat().st_mtime_ns == made


def test_the_server_sends_the_same_body_packed_or_not() -> None:
    rows.compressed(server.DATA, 10)
    with server.running() as url, requests.Session() as session:
        report = f"{url}/declared/10/reports/content-completion/{WINDOW}"
        answers = [
            session.post(report, json={}, headers={"Accept-Encoding": encoding}, timeout=30)
            for encoding in ("gzip", "identity")
        ]
    assert [answer.headers.get("Content-Encoding") for answer in answers] == ["gzip", None]
    assert [answer.json() for answer in answers] == [[rows.row(n) for n in range(10)]] * 2


def test_the_server_lists_every_user_once() -> None:
    found: list[str] = []
    cursor = None
    with server.running(250) as url, requests.Session() as session:
        while True:
            page = session.post(f"{url}/api/org.users.list", json={"next": cursor}, timeout=30)
            data = page.json()["data"]
            found += [user["user_id"] for user in data["users"]]
            cursor = data["next"]
            if cursor is None:
                break
        one = session.post(f"{url}/api/user.info", json={"user_id": "u7"}, timeout=30).json()
    assert found == [f"u{n}" for n in range(250)]
    assert one["data"]["user_id"] == "u7"
