"""What a catalog must be before the SDK reads it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from singer_sdk.plugin_base import JSONSchemaValidator

from tap_continu_coursebase.core.errors import CatalogError

_FLAG = {"type": ["boolean", "null"]}
_SHAPE: Mapping[str, Any] = {
    "type": "object",
    "required": ["streams"],
    "properties": {
        "streams": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["tap_stream_id"],
                "properties": {
                    "tap_stream_id": {"type": "string"},
                    "stream": {"type": ["string", "null"]},
                    "replication_method": {"enum": ["FULL_TABLE", "INCREMENTAL", None]},
                    "replication_key": {"type": ["string", "null"]},
                    "key_properties": {
                        "type": ["array", "null"],
                        "items": {"type": "string"},
                    },
                    "schema": {
                        "type": "object",
                        "properties": {
                            "properties": {
                                "type": "object",
                                "additionalProperties": {"type": "object"},
                            }
                        },
                    },
                    "metadata": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "required": ["breadcrumb", "metadata"],
                            "properties": {
                                "breadcrumb": {"type": "array", "items": {"type": "string"}},
                                "metadata": {
                                    "type": "object",
                                    "properties": {
                                        "inclusion": {
                                            "enum": [
                                                "available",
                                                "automatic",
                                                "unsupported",
                                                None,
                                            ]
                                        },
                                        "selected": _FLAG,
                                        "selected-by-default": _FLAG,
                                    },
                                },
                            },
                        },
                    },
                },
            },
        }
    },
}


def check(catalog: Any) -> None:
    """Refuse what is no catalog.

    Args:
        catalog: The decoded file.

    Raises:
        CatalogError: Naming the member that is not as it must be.
    """
    error = next(iter(JSONSchemaValidator(dict(_SHAPE)).iter_errors(catalog)), None)
    if error is not None:
        place = ".".join(str(part) for part in error.path) or "the whole of it"
        raise CatalogError(f"--catalog: not a catalog ({place}): make a new one with --discover")
