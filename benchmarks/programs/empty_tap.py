"""The smallest singer-sdk tap: one stream without records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from singer_sdk import Stream, Tap
from singer_sdk import typing as th


class Nothing(Stream):
    """No records."""

    name = "nothing"
    primary_keys: ClassVar[tuple[str, ...]] = ("id",)
    schema: ClassVar[dict[str, Any]] = th.PropertiesList(
        th.Property("id", th.StringType, required=True)
    ).to_dict()

    def get_records(self, context: Mapping[str, Any] | None) -> Iterable[dict[str, Any]]:
        """Return nothing."""
        del context
        return ()


class TapEmpty(Tap):
    """The smallest tap."""

    name = "tap-empty"
    config_jsonschema: ClassVar[dict[str, Any]] = th.PropertiesList().to_dict()

    def discover_streams(self) -> list[Stream]:
        """Return the one stream."""
        return [Nothing(self)]


if __name__ == "__main__":
    TapEmpty.cli()
