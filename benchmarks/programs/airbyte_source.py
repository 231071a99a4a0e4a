"""The report as a declarative source of airbyte-cdk.

Usage: airbyte_source.py FOLDER, with manifest.json, config.json and catalog.json in it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from airbyte_cdk.entrypoint import launch  # type: ignore[import-not-found]
from airbyte_cdk.models import (  # type: ignore[import-not-found]
    ConfiguredAirbyteCatalogSerializer,
)
from airbyte_cdk.sources.declarative.concurrent_declarative_source import (  # type: ignore[import-not-found]
    ConcurrentDeclarativeSource,
)


def main() -> None:
    """Run ``read``."""
    folder = Path(sys.argv[1])

    def content(name: str) -> dict[str, object]:
        decoded: dict[str, object] = json.loads((folder / name).read_text("utf-8"))
        return decoded

    source = ConcurrentDeclarativeSource(
        catalog=ConfiguredAirbyteCatalogSerializer.load(content("catalog.json")),
        config=content("config.json"),
        state=None,
        source_config=content("manifest.json"),
    )
    config, catalog = str(folder / "config.json"), str(folder / "catalog.json")
    launch(source, ["read", "--config", config, "--catalog", catalog])


if __name__ == "__main__":
    main()
