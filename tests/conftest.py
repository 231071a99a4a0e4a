from __future__ import annotations

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the longest tests first, so that no process is left alone with them in the end."""
    items.sort(key=lambda item: "e2e" not in item.path.parts)
