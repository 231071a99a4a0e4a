"""What can be changed while the sandbox runs, because the documentation leaves it open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any


@dataclass(slots=True)
class Settings:
    """Open questions of the documentation, each with the answer given at present.

    Attributes:
        error_http_status: HTTP status of answers whose envelope says `error`; UNKNOWN.
        page_size: Rows a page; documented: B says 100, and names no argument for it.
        latency: Seconds every answer of the API is held back.
        export_seconds: Seconds from the request of an export to its end.
        async_seconds: Seconds until a write that is documented as asynchronous takes effect.
        deactivated_listed: Whether the user lists show deactivated users; UNKNOWN.
        same_link: Whether every status call returns the link signed at the export's end
            instead of a fresh one; UNKNOWN.
    """

    error_http_status: int = 200
    page_size: int = 100
    latency: float = 0.0
    export_seconds: float = 0.2
    async_seconds: float = 0.0
    deactivated_listed: bool = True
    same_link: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return the settings as a JSON object."""
        return asdict(self)

    def change(self, wanted: Mapping[str, Any]) -> None:
        """Change some settings.

        Raises:
            ValueError: One is unknown or of another type; then none is changed.
        """
        kinds = {field.name: type(getattr(self, field.name)) for field in fields(self)}
        for name, value in wanted.items():
            if name not in kinds or isinstance(value, bool) != (kinds[name] is bool):
                raise ValueError(f"settings are {self.as_json()}")
        for name, value in wanted.items():
            setattr(self, name, kinds[name](value))
