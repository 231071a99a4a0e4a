"""What every stream of this tap has: its columns, its selection, its full tables.

A stream knows Singer and nothing of HTTP: a subclass says how to fetch and yields steps, which
``sync.py`` writes. ``windowed.py`` adds windows and bookmarks.
"""

from __future__ import annotations

from abc import abstractmethod
from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Mapping
from typing import Any

from singer_sdk.mapper import SameRecordTransform
from singer_sdk.singerlib.catalog import Catalog, Metadata, MetadataMapping
from singer_sdk.singerlib.schema import Schema

from tap_continu_coursebase.core.errors import CatalogError
from tap_continu_coursebase.decode.fastpath import FastPath
from tap_continu_coursebase.decode.record import ADDITIONAL_FIELDS
from tap_continu_coursebase.decode.schema import RowSchema
from tap_continu_coursebase.decode.spool import Spool, spool
from tap_continu_coursebase.singer.sdk import SdkStream, SdkTap
from tap_continu_coursebase.singer.steps import Record, Step
from tap_continu_coursebase.singer.sync import Sync


class SourceStream(SdkStream):
    """What every stream of this tap does, whatever its behaviour.

    Args:
        tap: The tap.
        name: The stream's name, source included.
        declared: Its schema, key and columns.
    """

    def __init__(self, tap: SdkTap, name: str, declared: RowSchema) -> None:
        super().__init__(tap, name=name, schema=declared.singer)
        self.run = tap.run
        self.primary_keys = declared.primary_keys
        self._declared = declared
        self._shape = declared.shape()
        self._misfits: Counter[str] = Counter()
        self._is_catalogued = False

    @abstractmethod
    def steps(self) -> Generator[Step, None, None]:
        """Read the stream: yield its records, and between them what is to be written with them."""

    def sync_records(self, *, writes: bool) -> Iterator[Record]:
        """Read the stream, and write messages or yield records."""
        return Sync(self, writes=writes).records()

    def close(self) -> None:
        """Free what the stream holds, once all streams are done."""

    def fit(self, raw: Any) -> Record:
        """Fit one record of a response to the schema."""
        fitted = self._shape.fit(raw)
        self._misfits.update(fitted.misfits)
        return fitted.record

    def count_misfits(self, columns: Mapping[str, int]) -> None:
        """Count values that do not fit their column."""
        self._misfits.update(columns)

    def passes_unchanged(self) -> bool:
        """Tell whether the SDK would write each record as it is, with no limit to their number."""
        [stream_map, *others] = self.stream_maps
        return (
            not others
            and isinstance(stream_map, SameRecordTransform)
            and not stream_map.flattening_enabled
            and self.ABORT_AT_RECORD_COUNT is None
            and all(len(breadcrumb) <= len(("properties", "name")) for breadcrumb in self.metadata)
        )

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

    def tell_misfits(self) -> None:
        """Warn once of each column that had values of other types."""
        fate = (
            f"kept in {ADDITIONAL_FIELDS}"
            if ADDITIONAL_FIELDS in self.schema["properties"]
            else "dropped, as additional_fields is off"
        )
        for column, count in sorted(self._misfits.items()):
            self.logger.warning(
                "%s: %d values do not fit the type of column '%s': %s",
                self.name,
                count,
                column,
                fate,
            )
        self._misfits.clear()


class SpooledStream(SourceStream):
    """A stream of responses that are one array of records each, kept as lines until complete."""

    def steps(self) -> Generator[Step, None, None]:
        """Read the responses, each with the columns that are selected now."""
        columns = {*self.schema["properties"]}
        chosen = {name for name in columns if self.mask["properties", name]}
        self._fast_path = FastPath(self._shape, {*chosen, *self.primary_keys})
        yield from self.responses()

    @abstractmethod
    def responses(self) -> Generator[Step, None, None]:
        """Yield each response, and what is to be written after it."""

    def read(self, chunks: Iterable[bytes]) -> Spool:
        """Read a response; called in threads.

        Raises:
            NotAnArrayError: If it is anything but one complete JSON array.
            MissingKeyError: If a record lacks a field that identifies it.
        """
        return spool(chunks, self._fast_path.encode)
