"""What every stream of this tap has: its columns, its selection, its full tables.

A stream knows Singer and nothing of HTTP: a subclass says how to fetch and yields steps, which
``sync.py`` writes. ``windowed.py`` adds windows and bookmarks.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Generator, Iterator, Mapping
from contextlib import ExitStack, closing
from typing import Any

from singer_sdk.singerlib.catalog import Catalog, Metadata, MetadataMapping
from singer_sdk.singerlib.schema import Schema

from tap_continu_coursebase.core.answer import Body
from tap_continu_coursebase.core.errors import CatalogError, TapError, WrongKeyError
from tap_continu_coursebase.core.estimate import Call
from tap_continu_coursebase.decode.body import Wrapping
from tap_continu_coursebase.decode.fastpath import ResponsePaths
from tap_continu_coursebase.decode.record import ADDITIONAL_FIELDS
from tap_continu_coursebase.decode.sample import Sample, rows_of
from tap_continu_coursebase.decode.schema import FOUND, RowSchema, kind_of_column
from tap_continu_coursebase.decode.spool import Spool, spool
from tap_continu_coursebase.singer.glance import Glance
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

    sends_requests = True
    """Whether it asks its source, rather than being told by other streams."""

    def glance(self) -> Glance | None:
        """Look at the stream by one small request; None if it sends none.

        Raises:
            TapError: What a run would fail with.
        """
        return None

    def is_off(self, error: TapError) -> bool:  # noqa: ARG002
        """Tell whether an error says that the source lacks the feature, so that nothing is lost."""
        return False

    @property
    def declared(self) -> RowSchema:
        """The schema, key and columns."""
        return self._declared

    def extend(self, columns: Mapping[str, str]) -> None:
        """Add columns for fields that no schema declares.

        Args:
            columns: Their types, each a name in ``TYPES``; declared ones are left as they are.
        """
        self._declared = self._declared.with_columns(columns)
        self._shape = self._declared.shape()
        self.replace_schema(self._declared.singer)

    def fit(self, raw: Any) -> Record:
        """Fit one record of a response to the schema."""
        fitted = self._shape.fit(raw)
        self.findings.misfits.update(fitted.misfits)
        self.findings.oddities.update(fitted.oddities)
        return fitted.record

    def selected_flags(self) -> list[str]:
        """List the flags whose column is selected, those of the key always, sorted.

        A column that is filled from inside of an object asks for that object.
        """
        chosen = {
            name
            for name in self.schema["properties"]
            if name in self.primary_keys or self.mask[("properties", name)]
        }
        through = [flags for name, flags in self._declared.asked_through.items() if name in chosen]
        return sorted((chosen & self._declared.flags).union(*through))

    def apply_catalog(self, catalog: Catalog) -> None:
        """Take selection, replication method and key from a catalog, and the schema from here.

        Raises:
            CatalogError: If its key is not made of this version's columns.
        """
        if (entry := catalog.get_stream(self.tap_stream_id)) is not None:
            self.extend(
                {
                    name: kind_of_column(column.to_dict())
                    for name, column in (entry.schema.properties or {}).items()
                    if column.description == FOUND
                }
            )
            entry.schema = Schema.from_dict(self.schema)
            self._is_catalogued = True
        super().apply_catalog(catalog)
        if entry is None:
            self.selected = False
            return
        self.primary_keys = self.primary_keys or self._declared.primary_keys
        entry.key_properties = list(self.primary_keys)
        self._check_key()
        added = {*self._declared.added, *self._declared.always} - {ADDITIONAL_FIELDS}
        for name in {*self.primary_keys, *added}:
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
            added = self._declared.added | self._declared.always
            for name in added - {ADDITIONAL_FIELDS}:
                metadata["properties", name].inclusion = Metadata.InclusionType.AUTOMATIC
        return metadata


class SpooledStream(SourceStream):
    """A stream of responses with an array of records each, kept as lines until complete.

    Attributes:
        rows_path: Where that array is in a response that is an object, dotted; None finds it.
        sample: The beginning of the last response, where streams are only looked at.
    """

    HAS_OPTIONS = True
    rows_path: str | None = None
    sample: Sample = Sample()

    def choose_columns(self) -> None:
        """Read responses with the columns that are selected now."""
        columns = {*self.schema["properties"]}
        chosen = {name for name in columns if self.mask["properties", name]}
        self._paths = ResponsePaths(self._shape, {*chosen, *self.primary_keys})

    def steps(self) -> Generator[Step, None, None]:
        """Read the responses, each with the columns that are selected now."""
        self.choose_columns()
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
        wrapping = self.wrapping(is_framed=body.is_framed)
        if self.run.only_looks:
            self.sample = Sample.of(body)
            body = self.sample.readable(wrapping)
        with ExitStack() as unless_sound:
            spooled = spool(body, self._paths.encoder(), wrapping)
            unless_sound.callback(spooled.close)
            spooled.settle(self._shape.keys)
            self._check_repeats(spooled)
            unless_sound.pop_all()
            return spooled

    def wrapping(self, *, is_framed: bool = True) -> Wrapping:
        """Return what is known of a response before it is read."""
        return Wrapping(
            path=self.rows_path,
            option=f"stream_options.{self.name}.rows_path",
            is_framed=is_framed,
            is_row=self._is_row,
        )

    def rows_of_sample(self) -> list[Any]:
        """Return the rows in the beginning of the last response, as they came."""
        return rows_of(self.sample.data, self.wrapping(is_framed=self.sample.is_framed))[0]

    def seen(self, spooled: Spool) -> Glance:
        """Return what the last response shows, and close it."""
        with closing(spooled):
            reasons = spooled.rejections() if spooled.rejected and not spooled.rows else iter(())
            return Glance(
                rows=self.rows_of_sample(),
                shape=spooled.shape,
                is_part=not self.sample.is_whole,
                remarks=spooled.remarks,
                reason=next(reasons, {}).get("reason", ""),
            )

    def _is_row(self, keys: Collection[str]) -> bool:
        """Tell whether an object that is not in an array looks like a record.

        It has what identifies one, and most of what it has is declared.
        """
        known = {column.name for key in keys if (column := self._shape.column_of(key))}
        known |= {name for name, path in self._shape.paths.items() if path[0] in keys}
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
