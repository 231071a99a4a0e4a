from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from sandbox.coursebase.reports.types import TYPES
from tests.sandbox.coursebase.client import Client, only_table

STATUS = "report.export.status"
LEARNERS = {"report_type": "learners"}
AT_FINISH = {"started_at", "finished_at", "data_updated_at", "row_count", "url"}


def test_life_of_an_export(api: Client) -> None:
    pending = {"status": "pending", **LEARNERS, "language": "en", "time_zone": "Asia/Tokyo"}
    assert api.start(time_zone="Asia/Tokyo", **LEARNERS) == pending
    assert api.data(STATUS, **LEARNERS) == pending
    api.clock.now += 15
    started = api.data(STATUS, **LEARNERS)
    assert started == pending | {"status": "started", "started_at": "2027-01-15T08:00:15.000Z"}
    api.clock.now += 45
    finished = api.data(STATUS, **LEARNERS)
    assert set(finished) == set(pending) | AT_FINISH
    assert (finished["status"], finished["finished_at"]) == (
        "finished",
        "2027-01-15T08:01:00.000Z",
    )
    assert finished["data_updated_at"] == "2021-01-01T00:00:00.005Z"
    assert finished["row_count"] == len(api.truth("report/learners")["rows"])


def test_finished_export_is_kept_for_an_hour(api: Client) -> None:
    api.finish(**LEARNERS)
    api.clock.now += 3600
    assert api.data(STATUS, **LEARNERS)["status"] == "finished"
    api.clock.now += 1
    assert api.error(STATUS, LEARNERS) == "not_found"
    assert api.start(**LEARNERS)["status"] == "pending"


def test_export_after_a_finished_one_starts_anew(api: Client) -> None:
    first = api.finish(**LEARNERS)
    assert api.start(**LEARNERS)["status"] == "pending"
    api.clock.now += 60
    second = api.data(STATUS, **LEARNERS)
    assert second["started_at"] > first["finished_at"]
    assert second["data_updated_at"] == first["data_updated_at"]
    assert api.fetch(first["url"]).content == api.fetch(second["url"]).content


def test_one_running_export_of_a_type(api: Client) -> None:
    api.start("ja", "Asia/Tokyo", **LEARNERS)
    other = api.start("en", "UTC", **LEARNERS)
    assert (other["language"], other["time_zone"]) == ("ja", "Asia/Tokyo")
    api.clock.now += 20
    assert api.start("fr", "UTC", **LEARNERS)["status"] == "started"
    assert api.start("en", "UTC", report_type="people")["language"] == "en"
    saved = next(row for row in api.truth("reports") if row["type"] == "learners")
    assert api.start("fr", "UTC", report_id=saved["report_id"])["language"] == "fr"


@pytest.mark.parametrize("language", ["en", "ja", "th"])
@pytest.mark.parametrize("kind", sorted(TYPES))
def test_every_type_holds_its_truth(api: Client, kind: str, language: str) -> None:
    finished = api.finish(language, "America/Argentina/Ushuaia", report_type=kind)
    rows = only_table(api.fetch(finished["url"]).content)
    truth = api.truth(f"report/{kind}", language=language, time_zone="America/Argentina/Ushuaia")
    assert rows == [truth["header"], *truth["rows"]]
    assert finished["row_count"] == len(truth["rows"]) > 0
    assert finished["data_updated_at"] == truth["data_updated_at"]


def test_every_saved_report_holds_its_truth(api: Client) -> None:
    saved = api.walk("org.reports.list", "reports")
    assert {len(report["report_id"]) for report in saved} == {10}
    assert len({report["type"] for report in saved}) > 4
    for report in saved:
        finished = api.finish(report_id=report["report_id"])
        assert finished["report_id"] == report["report_id"]
        assert "report_type" not in finished
        rows = only_table(api.fetch(finished["url"]).content)
        truth = api.truth(f"saved_report/{report['report_id']}")
        assert rows == [truth["header"], *truth["rows"]]


def test_contents_are_awkward(api: Client) -> None:
    truths = {kind: api.truth(f"report/{kind}") for kind in TYPES}
    cells = [cell for t in truths.values() for row in t["rows"] for cell in row]
    for part in ("\n", "\r\n", '"', ",", "é", "題", "ر"):
        assert any(part in cell for cell in cells), part
    assert "" in cells
    learners = truths["learners"]
    assert learners["header"][:4] == [
        "Last name",
        "First name",
        "Email or other login ID",
        "Course name",
    ]
    pairs = [(row[2], row[3]) for row in learners["rows"]]
    assert len(set(pairs)) < len(pairs)
    fields = [field["name"] for field in api.truth("profile_fields")]
    assert truths["people"]["header"][-len(fields) :] == fields


def test_language_and_time_zone_show(api: Client) -> None:
    reports = {
        (language, zone): api.truth("report/learners", language=language, time_zone=zone)
        for language, zone in (("en", "UTC"), ("ja", "Asia/Tokyo"), ("fr", "UTC"), ("ko", "UTC"))
    }
    headers = {key: tuple(report["header"]) for key, report in reports.items()}
    assert len(set(headers.values())) == 3
    assert headers["ko", "UTC"] == headers["en", "UTC"]
    assert headers["ja", "Asia/Tokyo"][:5] == ("姓", "名", "メールアドレス", "コース名", "受講状況")
    states = {row[4] for row in reports["ja", "Asia/Tokyo"]["rows"]}
    assert states == {"受講中", "完了済", "合格", "不合格"}
    starts = {key: [row[6] for row in report["rows"]] for key, report in reports.items()}
    assert starts["en", "UTC"] != starts["ja", "Asia/Tokyo"]


def test_export_holds_the_data_of_its_start(api: Client) -> None:
    user = api.truth("users")[0]
    before = api.truth("report/people")
    api.start(report_type="people")
    api.data("user.delete", user_id=user["user_id"])
    api.clock.now += 60
    finished = api.data(STATUS, report_type="people")
    assert only_table(api.fetch(finished["url"]).content)[1:] == before["rows"]
    assert finished["data_updated_at"] == before["data_updated_at"]
    after = api.truth("report/people")
    assert len(after["rows"]) == len(before["rows"]) - 1
    assert after["data_updated_at"] > before["data_updated_at"]


def test_data_instant_moves_for_changes_only(api: Client) -> None:
    def instants() -> dict[str, str]:
        return {
            kind: api.truth(f"report/{kind}")["data_updated_at"] for kind in ("people", "courses")
        }

    first = instants()
    member = api.truth("group_users")[0]
    api.data("group.user.add", **{k: member[k] for k in ("group_id", "user_id", "role")})
    api.finish(report_type="people")
    assert instants() == first
    api.admin("change", {"change": "touch", "report_type": "people"})
    second = instants()
    assert second["people"] > first["people"]
    assert second["courses"] == first["courses"]
    api.admin("change", {"change": "touch"})
    assert instants()["courses"] > first["courses"]


def test_foreign_exports(api: Client) -> None:
    finished = {"type": "learners", "language": "ja", "time_zone": "Asia/Tokyo"}
    api.admin("exports", {**finished, "state": "finished", "age_seconds": 600})
    api.admin("exports", {"type": "people", "language": "fr", "state": "started", "seconds": 90})
    api.admin("exports", {"type": "courses", "state": "pending", "endless": True})
    stale = api.data(STATUS, **LEARNERS)
    assert (stale["status"], stale["language"]) == ("finished", "ja")
    assert stale["finished_at"] == "2027-01-15T07:50:00.000Z"
    assert only_table(api.fetch(stale["url"]).content)[0][0] == "姓"
    running = api.start("en", "UTC", report_type="people")
    assert (running["status"], running["language"]) == ("started", "fr")
    api.clock.now += 90
    assert api.data(STATUS, report_type="people")["status"] == "finished"
    api.clock.now += 10**6
    assert api.data(STATUS, report_type="courses")["status"] == "started"
    jobs = api.admin("exports", method="GET")
    assert [(job["report_type"], job["foreign"], job["status"]) for job in jobs] == [
        ("learners", True, None),
        ("people", True, None),
        ("courses", True, "started"),
    ]
    assert api.admin("exports", method="DELETE") == []
    assert api.error(STATUS, {"report_type": "courses"}) == "not_found"


@pytest.mark.parametrize(
    "wanted",
    [
        {"type": "persons", "state": "finished"},
        {"type": "learners", "state": "failed"},
        {"type": "learners", "language": "xx"},
        {"state": "finished"},
    ],
)
def test_senseless_foreign_exports(api: Client, wanted: dict[str, Any]) -> None:
    assert "message" in api.admin("exports", wanted, status=400)


def test_unknown_status_and_null_fields(api: Client) -> None:
    api.start(**LEARNERS)
    api.plan("null_fields", STATUS)
    pending = api.data(STATUS, **LEARNERS)
    assert {name: pending[name] for name in AT_FINISH} == dict.fromkeys(AT_FINISH)
    api.plan("unknown_status", STATUS, where={"report_type": "people"})
    api.plan("unknown_status", STATUS, word="cancelled")
    assert api.data(STATUS, **LEARNERS)["status"] == "cancelled"
    api.start(report_type="people")
    assert api.data(STATUS, report_type="people")["status"] == "failed"


def test_job_that_never_finishes(api: Client) -> None:
    api.plan("never_finishes", "report.export", where={"report_type": "people"})
    api.start(**LEARNERS)
    api.start(report_type="people")
    api.clock.now += 10**6
    assert api.data(STATUS, report_type="people")["status"] == "started"
    assert api.error(STATUS, LEARNERS) == "not_found"


def test_fields_can_be_missing(api: Client) -> None:
    api.plan("missing_field", STATUS, fields=["language", "url"])
    finished = api.finish(**LEARNERS)
    assert {"language", "url"}.isdisjoint(finished)
    assert {"language", "url"} <= set(api.data(STATUS, **LEARNERS))


def test_link_is_like_the_documented_one(api: Client) -> None:
    link = urlsplit(api.finish(report_type="submission_answers")["url"])
    assert f"{link.scheme}://{link.netloc}" == api.server.storage_url
    assert link.netloc not in api.server.url
    assert link.path.startswith("/report-exports/")
    assert link.path.endswith("/SubmissionAnswers/csv/SubmissionAnswers.zip")
    query = parse_qs(link.query)
    assert set(query) == {
        "X-Amz-Algorithm",
        "X-Amz-Content-Sha256",
        "X-Amz-Credential",
        "X-Amz-Date",
        "X-Amz-Expires",
        "X-Amz-Signature",
        "X-Amz-SignedHeaders",
        "x-id",
    }
    assert query["X-Amz-Date"] == ["20270115T080100Z"]
    assert query["X-Amz-Expires"] == ["900"]
