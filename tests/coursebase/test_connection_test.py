"""A test of the connection: quick, and it starts nothing."""

from __future__ import annotations

import pytest

from tests.coursebase.support import Coursebase
from tests.singer.support import tap


def test_no_export_is_started_and_no_parent_list_is_read_whole(
    source: Coursebase, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tap(source.config()).run_connection_test()
    assert source.requests("report.export") == []
    asked = {request.rpc for request in source.requests()}
    assert {"report.export.status", "org.users.list"} <= asked
    assert "user.info" not in asked
    assert capsys.readouterr().out


def test_the_sdk_may_select_every_stream(
    source: Coursebase, capsys: pytest.CaptureFixture[str]
) -> None:
    """Regression: those that are deselected by default had no stream map."""
    ready = tap(source.config())
    assert ready.run_sync_dry_run(dry_run_record_limit=1)
    assert '"coursebase_user_details"' in capsys.readouterr().out
