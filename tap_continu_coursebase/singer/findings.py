"""What is noticed while a stream is read, and told once at its end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from logging import Logger, LoggerAdapter
from typing import Any

from tap_continu_coursebase.decode.record import (
    ADDITIONAL_FIELDS,
    BARE,
    COMMAS,
    ELSEWHERE,
    IN,
    NO_OBJECT,
    ZERO_DATE,
)
from tap_continu_coursebase.decode.spool import Spool

_ODDITIES = {
    ZERO_DATE: "dates in column '{column}' stand for none (0001-01-01, the start of 1970, 0): "
    "null there, {fate}",
    COMMAS: "texts with commas came for column '{column}', which holds arrays: each is kept whole, "
    "as an array of one",
    BARE: "rows have a text or number in place of the object '{place}': taken as its id, into "
    "column '{column}'",
    NO_OBJECT: "rows have something else than an object in '{place}': column '{column}' is null "
    "there; what came is in the object's own column if that is selected, else {fate}",
    ELSEWHERE: "values of column '{column}' stand in '{place}', and those of other rows of the "
    "same response do not: taken from there",
}
_SETTINGS = {
    ZERO_DATE: "; stream_options.{stream}.columns {{'{column}': 'string'}} has them as they come",
    COMMAS: "; stream_options.{stream}.columns {{'{column}': 'string'}} has the text as it comes",
    NO_OBJECT: "; stream_options.{stream}.columns {{'{column}': {{'from': ..., 'type': 'string'}}}}"
    " names where it is to be taken from",
    ELSEWHERE: "; stream_options.{stream}.columns {{'{column}': {{'from': '{place}', "
    "'type': 'string'}}}} takes it from there alone",
}
"""For streams that have options."""


@dataclass
class Findings:
    """What was unusual about the rows of a stream in one run.

    Attributes:
        stream: The stream's name.
        has_options: Whether ``stream_options`` takes it.
        misfits: Values that did not fit their column, by column.
        remarks: How often each thing is to be said of a response; it completes "the response".
        rejected: Rows without their key.
        lost: Those of them that are recorded nowhere.
        reason: Why the first of them was rejected.
        fallbacks: Rows whose key has another identifier, by the column and the prefix of that.
        different: Rows that differ from another one of their response that has the same key.
        identical: Rows that do not.
        example: The key of the first that differs.
        mixed: By column, the names of the fields that filled it, where responses differ.
        oddities: How often something is odd about a value that is kept, by column and what.
        suspicions: What may have been lost quietly, a sentence each.
    """

    stream: str
    has_options: bool = False
    misfits: Counter[str] = field(default_factory=Counter)
    remarks: Counter[str] = field(default_factory=Counter)
    rejected: int = 0
    lost: int = 0
    reason: str = ""
    fallbacks: Counter[tuple[str, str]] = field(default_factory=Counter)
    different: int = 0
    identical: int = 0
    example: tuple[Any, ...] | None = None
    mixed: Mapping[str, Sequence[str]] = field(default_factory=dict)
    oddities: Counter[tuple[str, str]] = field(default_factory=Counter)
    suspicions: list[str] = field(default_factory=list)

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

    def look(self, spooled: Spool) -> None:
        """Count what is unusual about a response."""
        self.misfits.update(spooled.misfits)
        self.remarks.update(spooled.remarks)
        self.oddities.update(spooled.oddities)
        if spooled.unreadable:
            self.remarks["is not valid UTF-8: unreadable characters became U+FFFD"] += 1
        self.fallbacks.update(spooled.fallbacks)
        self.different += spooled.repeats.different
        self.identical += spooled.repeats.identical
        self.example = self.example or spooled.repeats.example

    def tell(
        self,
        logger: Logger | LoggerAdapter[Any],
        key: Iterable[str],
        *,
        keeps_misfits: bool,
    ) -> None:
        """Warn once of each kind.

        Args:
            logger: The stream's.
            key: The columns of its key.
            keeps_misfits: Whether there is a column for values that do not fit theirs.
        """
        fate = "dropped, as additional_fields is off"
        if keeps_misfits:
            fate = f"kept in {ADDITIONAL_FIELDS}"
        for column, count in sorted(self.misfits.items()):
            logger.warning(
                "%s: %d values do not fit the type of column '%s': %s",
                self.stream,
                count,
                column,
                fate,
            )
        self._tell_suspicions(logger, fate)
        for remark, count in sorted(self.remarks.items()):
            logger.warning("%s: the response %s (%d times)", self.stream, remark, count)
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
        if self.different:
            logger.warning(
                "%s: rows that differ from another one of the same key (%s): %d, such as %s; the "
                "last one of each key remains: stream_options.%s.primary_keys sets another key",
                self.stream,
                ", ".join(key),
                self.different,
                self.example,
                self.stream,
            )
        for column, names in sorted(self.mixed.items()):
            logger.warning(
                "%s: the column '%s' was filled from the field '%s' of some responses and '%s' of "
                "others: the API has more than one name for it",
                self.stream,
                column,
                names[0],
                "', '".join(names[1:]),
            )
        if self.identical:
            logger.info("%s: rows that came more than once: %d", self.stream, self.identical)

    def _tell_suspicions(self, logger: Logger | LoggerAdapter[Any], fate: str) -> None:
        """Warn of what may have been lost quietly, and of odd values."""
        for suspicion in self.suspicions:
            logger.warning("%s: %s", self.stream, suspicion)
        for (column, oddity), count in sorted(self.oddities.items()):
            kind, _, place = oddity.partition(IN)
            said = _ODDITIES[kind].format(column=column, fate=fate, place=place)
            setting = _SETTINGS.get(kind, "").format(column=column, stream=self.stream, place=place)
            logger.warning(
                "%s: %d %s%s", self.stream, count, said, setting if self.has_options else ""
            )
