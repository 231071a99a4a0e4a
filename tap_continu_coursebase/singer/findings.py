"""What is noticed while a stream is read, and told once at its end."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from logging import Logger, LoggerAdapter
from typing import Any


@dataclass
class Findings:
    """What was unusual about the rows of a stream in one run.

    Attributes:
        stream: The stream's name.
        rejected: Rows without their key.
        lost: Those of them that are recorded nowhere.
        reason: Why the first of them was rejected.
        fallbacks: Rows whose key has another identifier, by the column and the prefix of that.
    """

    stream: str
    rejected: int = 0
    lost: int = 0
    reason: str = ""
    fallbacks: Counter[tuple[str, str]] = field(default_factory=Counter)

    def reject(self, reason: str, *, kept: bool) -> None:
        """Count a row without its key.

        Args:
            reason: Why it is rejected.
            kept: Whether it is recorded.
        """
        self.rejected += 1
        self.lost += not kept
        self.reason = self.reason or reason

    def rejections(self) -> str:
        """Tell how many rows came without their key, and where they are."""
        where = "kept in continu_rejected_rows"
        if self.lost:
            where = "not loaded (select continu_rejected_rows to keep them)"
        return f"rows without their key: {self.rejected}, {where}; the first: {self.reason}"

    def tell(self, logger: Logger | LoggerAdapter[Any]) -> None:
        """Warn once of each kind."""
        if self.rejected:
            logger.warning("%s: %s", self.stream, self.rejections())
        for (column, prefix), count in sorted(self.fallbacks.items()):
            logger.warning(
                "%s: rows that hold no '%s': %d, keyed by another identifier (%s:...)",
                self.stream,
                column,
                count,
                prefix,
            )
