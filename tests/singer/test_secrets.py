"""The token is in nothing that is written, at any log level."""

from __future__ import annotations

import logging

import pytest

from sandbox.faults import read_fault
from tests.singer.support import Source

TOKEN = "marked-1f6c0d-secret"


@pytest.mark.parametrize(
    "plan",
    [
        None,
        {"kind": "status", "status": 400, "message": f"who is {TOKEN}?"},
        {"kind": "status", "status": 401, "message": f"invalid token {TOKEN}"},
        {"kind": "status", "status": 500, "times": 99, "message": TOKEN},
        {"kind": "reset", "times": 99},
        {"kind": "html", "times": 99},
    ],
)
def test_no_token_in_any_output(
    plan: dict[str, object] | None,
    source: Source,
    waits: list[float],
    caplog: pytest.LogCaptureFixture,
) -> None:
    del waits
    source.sandbox.api.gate.renew(TOKEN)
    if plan:
        source.sandbox.api.faults.add([read_fault({"match": "*", **plan})])
    with caplog.at_level(logging.DEBUG):
        output = source.sync("continu_assessment_status", continu_api_token=TOKEN)
    assert (output.error is None) == (plan is None)
    assert source.asked()
    assert "urllib3" in {record.name.split(".")[0] for record in caplog.records}
    assert TOKEN not in str(output.messages)
    assert TOKEN not in caplog.text
    assert TOKEN not in repr(output.error)
    assert TOKEN not in "".join(repr(record.__dict__) for record in caplog.records)
