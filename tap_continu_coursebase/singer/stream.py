"""What every stream of this tap has: its columns, its selection, its full tables.

A stream knows Singer and nothing of HTTP: a subclass says how to fetch and yields steps, which
``sync.py`` writes. ``windowed.py`` adds windows and bookmarks.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Generator, Iterator
from contextlib import ExitStack
from typing import Any

from singer_sdk.singerlib.catalog import Catalog, Metadata, MetadataMapping
from singer_sdk.singerlib.schema import Schema

from tap_continu_coursebase.core.answer import Body
from tap_continu_coursebase.core.errors import CatalogError, WrongKeyError
from tap_continu_coursebase.core.estimate import Call
from tap_continu_coursebase.decode.body import Wrapping
from tap_continu_coursebase.decode.fastpath import ResponsePaths
from tap_continu_coursebase.decode.record import ADDITIONAL_FIELDS
from tap_continu_coursebase.decode.schema import RowSchema
from tap_continu_coursebase.decode.spool import Spool, spool
from tap_continu_coursebase.singer.sdk import SdkTap
from tap_continu_coursebase.singer.steps import Record, Step
from tap_continu_coursebase.singer.sync import SteppedStream


class SourceStream(SteppedStream):
    """What every stream of this tap does, whatever its behaviour.

    Args:
        tap: The tap.
        name: The stream's name, source included.
        declared: Its schema, key and columns.
    """

    def __init__(self, tap: SdkTap, name: str, declared: RowSchema) -> None:
        super().__init__(tap, name=name, schema=declared.singer)
        self.primary_keys = declared.primary_keys
        self._declared = declared
        self._shape = declared.shape()
        self._is_catalogued = False

    @abstractmethod
    def planned(self) -> Iterator[Call]:
        """Plan what this run will ask for, in order, without asking."""

    def close(self) -> None:
        """Free what the stream holds, once all streams are done."""

    def fit(self, raw: Any) -> Record:
        """Fit one record of a response to the schema."""
        fitted = self._shape.fit(raw)
        self.findings.misfits.update(fitted.misfits)
        return fitted.record

    def selected_flags(self) -> list[str]:
        """List the flags whose column is selected, those of the key always, sorted."""
        return sorted(
            flag
            for flag in self._declared.flags
            if flag in self.primary_keys or self.mask[("properties", flag)]
        )

    def apply_catalog(self, catalog: Catalog) -> None:
        """Take selection, replication method and key from a catalog, and the schema from here.

        Raises:
            CatalogError: If its key is not made of this version's columns.
        """
        if (entry := catalog.get_stream(self.tap_stream_id)) is not None:
            entry.schema = Schema.from_dict(self.schema)
            self._is_catalogued = True
        super().apply_catalog(catalog)
        if entry is None:
            self.selected = False
            return
        self.primary_keys = self.primary_keys or self._declared.primary_keys
        entry.key_properties = list(self.primary_keys)
        self._check_key()
        for name in {*self.primary_keys, *self._declared.added} - {ADDITIONAL_FIELDS}:
            column = entry.metadata.setdefault(("properties", name), Metadata())
            column.inclusion = Metadata.InclusionType.AUTOMATIC

    def _check_key(self) -> None:
        unknown = sorted(set(self.primary_keys) - self.schema["properties"].keys())
        if unknown:
            raise CatalogError(
                f"{self.name}: the catalog's key has the unknown column {unknown[0]!r}: make a "
                "new catalog with --discover"
            )

    @property
    def metadata(self) -> MetadataMapping:
        """Catalog metadata: sub-objects deselected by default, the tap's own automatic."""
        metadata = super().metadata
        if not self._is_catalogued:
            for name in self._declared.deselected:
                metadata["properties", name].selected_by_default = False
            for name in self._declared.added - {ADDITIONAL_FIELDS}:
                metadata["properties", name].inclusion = Metadata.InclusionType.AUTOMATIC
        return metadata


class SpooledStream(SourceStream):
    """A stream of responses with an array of records each, kept as lines until complete.

    Attributes:
        rows_path: Where that array is in a response that is an object, dotted; None finds it.
    """

    rows_path: str | None = None

    def steps(self) -> Generator[Step, None, None]:
        """Read the responses, each with the columns that are selected now."""
        columns = {*self.schema["properties"]}
        chosen = {name for name in columns if self.mask["properties", name]}
        self._paths = ResponsePaths(self._shape, {*chosen, *self.primary_keys})
        try:
            yield from self.responses()
        finally:
            self.findings.mixed = self._paths.mixed()

    @abstractmethod
    def responses(self) -> Generator[Step, None, None]:
        """Yield each response, and what is to be written after it."""

    def read(self, body: Body) -> Spool:
        """Read a response; called in threads.

        Raises:
            NotAnArrayError: If no rows are to be found, or it is not complete.
            WrongKeyError: If too many records have the key of another one.
        """
        wrapping = Wrapping(
            path=self.rows_path,
            option=f"stream_options.{self.name}.rows_path",
            is_framed=body.is_framed,
            is_row=self._is_row,
        )
        with ExitStack() as unless_sound:
            spooled = spool(body, self._paths.encoder(), wrapping)
            unless_sound.callback(spooled.close)
            spooled.settle(self._shape.keys)
            self._check_repeats(spooled)
            unless_sound.pop_all()
            return spooled

    def _is_row(self, keys: Collection[str]) -> bool:
        """Tell whether an object that is not in an array looks like a record.

        It has what identifies one, and most of what it has is declared.
        """
        known = {column.name for key in keys if (column := self._shape.column_of(key))}
        needed = {name for name in self._shape.keys if self._shape.columns[name].default is None}
        return bool(needed) and needed <= known and 2 * len(known) > len(keys)

    def _check_repeats(self, spooled: Spool) -> None:
        repeats, most = spooled.repeats, self.config["max_conflicting_keys_percent"]
        if repeats.different * 100 > most * spooled.rows:
            raise WrongKeyError(
                f"{repeats.different} of {spooled.rows} rows differ from another one that has the "
                f"same key ({', '.join(self.primary_keys)}), such as {repeats.example}: they would "
                f"overwrite each other; set stream_options.{self.name}.primary_keys to columns "
                "that identify a row, or max_conflicting_keys_percent to more than "
                f"{most} if that is right"
            )
