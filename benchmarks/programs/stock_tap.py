"""The report as a stock singer-sdk tap, the way the SDK's own template would have it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from singer_sdk import RESTStream, Stream, Tap
from singer_sdk import typing as th

STRINGS = (
    "address",
    "email",
    "first_name",
    "grade",
    "image",
    "job_title",
    "language",
    "last_name",
    "manager_email",
    "org_level",
    "role",
    "userid",
)
DATES = ("created_at", "first_login", "hired_on", "last_login", "completed_on")
LISTS = ("departments", "groups", "locations", "teams")
BOOLEANS = ("is_manager", "suspended")


class ContentCompletion(RESTStream[None]):
    """One window of one report."""

    name = "content_completion"
    http_method = "POST"
    payload_as_json = True
    records_jsonpath = "$[*]"
    primary_keys: ClassVar[tuple[str, ...]] = ("completion_id",)
    schema: ClassVar[dict[str, Any]] = th.PropertiesList(
        th.Property("completion_id", th.StringType, required=True),
        *(th.Property(name, th.StringType) for name in STRINGS),
        *(th.Property(name, th.DateTimeType) for name in DATES),
        *(th.Property(name, th.ArrayType(th.StringType)) for name in LISTS),
        *(th.Property(name, th.BooleanType) for name in BOOLEANS),
        th.Property(
            "content",
            th.ObjectType(
                th.Property("_id", th.StringType),
                th.Property("title", th.StringType),
                th.Property("type", th.StringType),
                th.Property("url", th.StringType),
                th.Property("archived", th.BooleanType),
                th.Property("linkedCategories", th.ArrayType(th.StringType)),
                th.Property("createdAt", th.DateTimeType),
            ),
        ),
    ).to_dict()

    @property
    def url_base(self) -> str:
        """The API's address."""
        return str(self.config["api_url"])

    @property
    def path(self) -> str:  # type: ignore[override]
        """The window."""
        return f"/reports/content-completion/{self.config['from']}/{self.config['until']}"

    def prepare_request_payload(
        self, context: Mapping[str, Any] | None, next_page_token: None
    ) -> dict[str, Any]:
        """Ask for every column."""
        del context, next_page_token
        return dict.fromkeys(self.schema["properties"], True)


class TapStock(Tap):
    """The stock tap."""

    name = "tap-stock"
    config_jsonschema: ClassVar[dict[str, Any]] = th.PropertiesList(
        th.Property("api_url", th.StringType, required=True),
        th.Property("from", th.IntegerType, required=True),
        th.Property("until", th.IntegerType, required=True),
    ).to_dict()

    def discover_streams(self) -> list[Stream]:
        """Return the one stream."""
        return [ContentCompletion(self)]


if __name__ == "__main__":
    TapStock.cli()
