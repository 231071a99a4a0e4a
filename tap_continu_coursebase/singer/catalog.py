"""What a catalog must be before the SDK reads it."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from tap_continu_coursebase.core.errors import CatalogError, one_line


class _Properties(msgspec.Struct):
    properties: dict[str, dict[str, Any]] = {}


class _Choice(msgspec.Struct, rename="kebab"):
    inclusion: Literal["available", "automatic", "unsupported"] | None = None
    selected: bool | None = None
    selected_by_default: bool | None = None


class _Item(msgspec.Struct):
    breadcrumb: list[str]
    metadata: _Choice


class _Stream(msgspec.Struct):
    tap_stream_id: str
    stream: str | None = None
    replication_method: Literal["FULL_TABLE", "INCREMENTAL"] | None = None
    replication_key: str | None = None
    key_properties: list[str] | None = None
    schema: _Properties = msgspec.field(default_factory=_Properties)
    metadata: list[_Item] = []


class _Catalog(msgspec.Struct):
    streams: list[_Stream]


def check(catalog: Any) -> None:
    """Refuse what is no catalog.

    Args:
        catalog: The decoded file.

    Raises:
        CatalogError: Naming the member that is not as it must be.
    """
    try:
        msgspec.convert(catalog, _Catalog)
    except msgspec.ValidationError as error:
        raise CatalogError(
            f"--catalog: not a catalog ({one_line(str(error))}): make a new one with --discover"
        ) from error
