"""The SDK's own suite of tests, against a sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from singer_sdk.testing import SuiteConfig, get_tap_test_class

from sandbox.server import running
from tap_continu_coursebase.tap import TapContinuCoursebase
from tests.singer.conftest import OPTIONS
from tests.singer.support import Source

_stack = ExitStack()
CONFIG = Source(_stack.enter_context(running(OPTIONS))).config()


@pytest.fixture(scope="session", autouse=True)
def _sandbox_of_this_module() -> Iterator[None]:
    """Stop it while its threads still run: at the interpreter's exit they would not answer.

    Not with the module: a process may come back to its tests after those of another.
    """
    yield
    _stack.close()


_Suite = get_tap_test_class(
    TapContinuCoursebase,
    config=CONFIG,
    suite_config=SuiteConfig(ignore_no_records_for_streams=["continu_rejected_rows"]),
    parse_env_config=False,
)


@pytest.mark.filterwarnings("ignore:Fields in transformed catalog but not in records")
class TestSdk(_Suite):  # type: ignore[misc, valid-type]
    """Every test that the SDK has for a tap, its streams and their attributes."""
