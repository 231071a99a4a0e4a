from __future__ import annotations

import pytest
import requests

from tests.sandbox.coursebase.client import TIMEOUT, Client, only_table

STATUS = "report.export.status"
COURSES = {"report_type": "courses"}


def refusal(response: requests.Response) -> tuple[int, str]:
    assert response.headers["Content-Type"].startswith("application/xml")
    return response.status_code, response.text.partition("<Code>")[2].partition("</Code>")[0]


def test_link_lives_fifteen_minutes(api: Client) -> None:
    link = api.finish(**COURSES)["url"]
    api.clock.now += 900
    assert only_table(api.fetch(link).content)
    api.clock.now += 1
    assert refusal(api.fetch(link)) == (403, "AccessDenied")
    assert only_table(api.fetch(api.data(STATUS, **COURSES)["url"]).content)


def test_links_are_fresh_or_the_same(api: Client) -> None:
    first = api.finish(**COURSES)["url"]
    assert api.data(STATUS, **COURSES)["url"] != first
    api.admin("settings", {"same_link": True})
    same = {api.data(STATUS, **COURSES)["url"] for _ in range(2)}
    assert len(same) == 1
    api.admin("settings", {"same_link": False})
    api.plan("same_link", STATUS)
    assert api.data(STATUS, **COURSES)["url"] in same
    assert api.data(STATUS, **COURSES)["url"] not in same


@pytest.mark.parametrize("authorization", ["Bearer coursebase-token", "Basic eDp5"])
def test_no_other_authorization(api: Client, authorization: str) -> None:
    link = api.finish(**COURSES)["url"]
    response = api.fetch(link, headers={"Authorization": authorization})
    assert refusal(response) == (403, "InvalidArgument")
    last = api.server.coursebase.requests[-1]
    assert (last.host, last.authorization, last.status) == (
        "storage",
        authorization.partition(" ")[0].lower(),
        403,
    )


def test_altered_links(api: Client) -> None:
    link = api.finish(**COURSES)["url"]
    altered = (
        link + "&extra=1",
        link.replace("Expires=900", "Expires=901"),
        link.replace("/Courses/", "/courses/"),
        link.partition("?")[0],
        link.replace("127.0.0.1", "localhost"),
    )
    assert {refusal(api.fetch(url)) for url in altered} == {(403, "SignatureDoesNotMatch")}
    head = requests.head(link, timeout=TIMEOUT)
    assert head.status_code == 403


def test_no_methods_on_the_storage_host_and_no_files_on_the_other(api: Client) -> None:
    link = api.finish(**COURSES)["url"]
    elsewhere = link.replace(api.server.storage_url, api.server.url)
    assert api.fetch(elsewhere).status_code == 404
    url = f"{api.server.storage_url}/api/org.groups.list"
    assert requests.post(url, json={}, timeout=TIMEOUT).status_code == 403


def test_file_outlives_its_job(api: Client) -> None:
    link = api.finish(**COURSES)["url"]
    api.start("ja", **COURSES)
    assert only_table(api.fetch(link).content)[0][0] == "Course name"


def test_whole_file_has_a_length(api: Client) -> None:
    response = api.fetch(api.finish(**COURSES)["url"])
    assert response.headers["Content-Type"] == "application/zip"
    assert int(response.headers["Content-Length"]) == len(response.content)
    assert "Content-Encoding" not in response.headers


@pytest.mark.parametrize("status", [403, 500, 503])
def test_status_once(api: Client, status: int) -> None:
    link = api.finish(**COURSES)["url"]
    api.plan("status", "storage", status=status, retry_after=2)
    first = api.fetch(link)
    assert refusal(first)[0] == status
    assert first.headers["Retry-After"] == "2"
    assert api.fetch(link).status_code == 200


def test_slow_and_stalled(api: Client) -> None:
    link = api.finish(**COURSES)["url"]
    sound = api.fetch(link).content
    for kind in ("slow", "stall"):
        api.plan(kind, "storage", seconds=0.2)
        assert api.fetch(link).content == sound
        api.plan(kind, "storage", seconds=30)
        with pytest.raises((requests.ReadTimeout, requests.ConnectionError)):
            api.fetch(link, timeout=0.1)


@pytest.mark.parametrize("kind", ["cut", "cut_chunked", "reset"])
def test_broken_off(api: Client, kind: str) -> None:
    link = api.finish(**COURSES)["url"]
    api.plan(kind, "storage")
    with pytest.raises((requests.exceptions.ChunkedEncodingError, requests.ConnectionError)):
        api.fetch(link)
    assert api.fetch(link).status_code == 200


def test_other_bodies(api: Client) -> None:
    link = api.finish(**COURSES)["url"]
    for kind in ("html", "empty", "error"):
        api.plan(
            kind, "storage", **({"code": "SlowDown", "http_status": 503} if kind == "error" else {})
        )
    assert api.fetch(link).headers["Content-Type"].startswith("text/html")
    assert api.fetch(link).content == b""
    assert refusal(api.fetch(link)) == (503, "SlowDown")
