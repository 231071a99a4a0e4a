"""target-postgres in two thirds of the processor time: same rows, same refusals.

Messages are read and columns of JSON written in a faster way, through documented override points
of the SDK. The faster way makes exactly what the SDK's makes, or fails; then the SDK's makes it or
refuses it. (Only what is nested to within a few levels of Python's limit of recursion, which the
SDK refuses, may be read.)

Two things differ in the tables. A column of instants is ``timestamp with time zone``, so that no
session's time zone shifts it; target-postgres makes it ``timestamp``, in UTC. And an absent value
of a column of JSON is NULL, not the JSON value ``null``. Tables that target-postgres has made keep
their types. ``docs/upstream.md`` tells what would make this package unnecessary.
"""

from __future__ import annotations

import gc
import json
import os
import sys
from decimal import Decimal
from functools import cached_property
from typing import Any

import msgspec
from singer_sdk.io_base import SingerReader
from singer_sdk.sql.connector import JSONSchemaToSQL
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import OperationalError
from sqlalchemy.types import TIMESTAMP, TypeEngine
from target_postgres.connector import PostgresConnector  # type: ignore[import-untyped]
from target_postgres.sinks import PostgresSink  # type: ignore[import-untyped]
from target_postgres.target import TargetPostgres  # type: ignore[import-untyped]

THRESHOLD = 50_000
"""So many container objects more before the youngest are looked at; 700 in Python 3.11.

A batch is ten thousand records of dictionaries and lists, all alive until it is written and none of
them in a cycle: at the default threshold the collector walks them over and over and finds nothing.
"""

_decoder = msgspec.json.Decoder(float_hook=Decimal)
_encoder = json.JSONEncoder(separators=(",", ":"), allow_nan=False)


class FastReader(SingerReader):
    """Decodes with msgspec; what that refuses (``NaN``, lone surrogates), as the SDK does."""

    def deserialize_json(self, line: str) -> dict[str, Any]:
        """Decode one message."""
        try:
            message: dict[str, Any] = _decoder.decode(line)
        except (ValueError, RecursionError):
            return super().deserialize_json(line)
        return message


class FastConnector(PostgresConnector):  # type: ignore[misc]
    """Encodes with Python's encoder; what that refuses (Decimal, ``NaN``), as the SDK does.

    Python's encoder writes the same characters as the SDK's, escapes included, so that a column of
    text that objects are put into gets the same text.
    """

    @cached_property
    def jsonschema_to_sql(self) -> JSONSchemaToSQL:
        """The types of columns: instants are instants, and absent JSON is NULL."""
        kinds: JSONSchemaToSQL = super().jsonschema_to_sql
        kinds.register_format_handler("date-time", lambda _: TIMESTAMP(timezone=True))
        kinds.register_type_handler("object", lambda _: JSONB(none_as_null=True))
        kinds.register_type_handler("array", self._array)
        return kinds

    def _array(self, schema: dict[str, Any]) -> TypeEngine[Any]:
        kind: TypeEngine[Any] = self._handle_array_type(schema)
        return JSONB(none_as_null=True) if isinstance(kind, JSONB) else kind

    def serialize_json(self, obj: object) -> str:
        """Encode a value of a column of JSON."""
        try:
            return _encoder.encode(obj)
        except (TypeError, ValueError, RecursionError):
            text: str = super().serialize_json(obj)
            return text


class FastSink(PostgresSink):  # type: ignore[misc]
    """A table, filled through that connector."""

    connector_class = FastConnector


class FastTarget(TargetPostgres):  # type: ignore[misc]
    """Target for Postgres."""

    _MAX_RECORD_AGE_IN_MINUTES = 1.0
    """Everything is written, and state handed on, this often instead of every five minutes: what a
    stop of the whole pipeline costs. No public name of the SDK sets it."""

    message_reader_class = FastReader
    default_sink_class = FastSink


def main() -> None:
    """Run target-postgres' command line, in sessions whose time zone is UTC."""
    os.environ["PGTZ"] = "UTC"
    gc.set_threshold(THRESHOLD)
    try:
        FastTarget.cli()
    except OperationalError as error:
        sys.exit(f"the warehouse does not answer ({said(error)}): check sqlalchemy_url")


def said(error: OperationalError) -> str:
    """Return what the driver says in one line, without the statement and its values."""
    return " ".join(str(error.orig).split())
