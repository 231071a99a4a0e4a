"""The catalog that the tap discovers, as what is generated needs it."""

from __future__ import annotations

from typing import Any

from tap_continu_coursebase.tap import TapContinuCoursebase

EXPORTS = ("coursebase_report_", "coursebase_saved_report_")

Catalog = list[dict[str, Any]]


def discovered() -> Catalog:
    """Return the catalog's streams, of both sources and of every kind."""
    tap = TapContinuCoursebase(
        config={
            "continu_api_token": "token",
            "start_date": "2024-01-01",
            "coursebase_url": "https://learn.example.com",
            "coursebase_access_token": "token",
            "coursebase_report_ids": ["report"],
            "coursebase_user_search": ["@example.com"],
        }
    )
    streams: Catalog = tap.catalog_dict["streams"]
    return streams
