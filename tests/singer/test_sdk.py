"""The SDK's own suite of tests, against a sandbox."""

from __future__ import annotations

import atexit
from contextlib import ExitStack

import pytest
from singer_sdk.testing import SuiteConfig, get_tap_test_class

from sandbox.server import running
from tap_continu_coursebase.tap import TapContinuCoursebase
from tests.singer.conftest import OPTIONS
from tests.singer.support import Source

_stack = ExitStack()
atexit.register(_stack.close)
CONFIG = Source(_stack.enter_context(running(OPTIONS))).config()

_Suite = get_tap_test_class(
    TapContinuCoursebase, config=CONFIG, suite_config=SuiteConfig(), parse_env_config=False
)


@pytest.mark.filterwarnings("ignore:Fields in transformed catalog but not in records")
class TestSdk(_Suite):  # type: ignore[misc, valid-type]
    """Every test that the SDK has for a tap, its streams and their attributes."""
