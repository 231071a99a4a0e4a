"""The tap: settings, discovery, what a failing stream does, exit codes."""

from __future__ import annotations

import copy
import json
import logging
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property, partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, ClassVar, cast

import click
from singer_sdk import Stream, Tap
from singer_sdk.exceptions import (
    ConformedNameClashException,
    MapExpressionError,
    StreamMapConfigError,
)
from singer_sdk.helpers.capabilities import (
    CapabilitiesEnum,
    PluginCapabilities,
    TapCapabilities,
)
from singer_sdk.singerlib.catalog import Catalog

from tap_continu_coursebase.config import checks, environment, options, settings
from tap_continu_coursebase.continu import streams as continu
from tap_continu_coursebase.core.errors import (
    CatalogError,
    ConfigError,
    StateError,
    SyncFailedError,
)
from tap_continu_coursebase.core.run import Run
from tap_continu_coursebase.core.watch import Watch
from tap_continu_coursebase.coursebase import streams as coursebase
from tap_continu_coursebase.singer import progress, summary
from tap_continu_coursebase.singer.catalog import check as check_catalog
from tap_continu_coursebase.singer.command import (
    CHECK_OPTIONS,
    PLAN_OPTIONS,
    OneLineErrors,
    naming_files,
    offer,
    readable,
)
from tap_continu_coursebase.singer.failures import summed_up
from tap_continu_coursebase.singer.plan import plan as plan_streams
from tap_continu_coursebase.singer.quiet import quieten
from tap_continu_coursebase.singer.sdk import SdkTap
from tap_continu_coursebase.singer.state import check as check_state
from tap_continu_coursebase.singer.stream import SourceStream
from tap_continu_coursebase.transport.session import MAX_TRIES

if TYPE_CHECKING:
    from tap_continu_coursebase.operate.plan import Plan

TRIES_OF_A_TEST = 3
WINDOW_OF_A_TEST = timedelta(hours=1)
_ADDRESSES = {"continu_": "continu_api_url", "coursebase_": "coursebase_url"}
_SOURCES = tuple(_ADDRESSES)
_LEAVING = "Stopped by {}: nothing that was loaded is lost; run again to continue"
_TURNED_ON_BY = {"continu_api_token": continu, "coursebase_url": coursebase}


class TapContinuCoursebase(SdkTap):
    """Keeps a warehouse in step with Continu and Coursebase, reading only."""

    name = "tap-continu-coursebase"
    config_jsonschema: ClassVar[dict[str, Any]] = copy.deepcopy(settings.SCHEMA)
    capabilities: ClassVar[list[CapabilitiesEnum]] = [
        TapCapabilities.CATALOG,
        TapCapabilities.STATE,
        TapCapabilities.DISCOVER,
        PluginCapabilities.ABOUT,
        PluginCapabilities.ACTIVATE_VERSION,
        PluginCapabilities.STREAM_MAPS,
        PluginCapabilities.FLATTENING,
        PluginCapabilities.STRUCTURED_LOGGING,
    ]
    """No BATCH: its STATE could overtake its rows."""
    tries: ClassVar[int] = MAX_TRIES
    """How often one request is tried at most."""
    only_looks: ClassVar[bool] = False
    """Whether streams are only looked at, by as few and small requests as possible."""

    def __init__(self, *, parse_env_config: bool = False, **kwargs: Any) -> None:
        quieten(self.logger)
        self._reads_environment = parse_env_config
        try:
            super().__init__(parse_env_config=parse_env_config, **kwargs)
        except (ValueError, RecursionError) as error:
            if parse_env_config and (found := list(environment.unreadable(self.config_jsonschema))):
                raise ConfigError(found) from error
            raise

    @cached_property
    def run(self) -> Run:  # type: ignore[override]
        """What this run's streams share.

        Its end is fixed here for all of them, and never ahead of the clock. Without a
        ``start_date``, which snapshots do not need, it begins at the epoch.
        """
        now = datetime.fromtimestamp(self.initialized_at // 1000, UTC)
        minutes = self.config.get("max_run_minutes")
        return Run(
            start=checks.instant(self.config, "start_date") or datetime.fromtimestamp(0, UTC),
            until=min(now, checks.instant(self.config, "end_date") or now),
            version=self.initialized_at,
            tries=self.tries,
            most=None if minutes is None else 60 * minutes,
            watches={source: Watch() for source in self._configured()} if self.only_looks else {},
        )

    def _configured(self) -> Iterator[str]:
        """Yield the names of the sources that the settings turn on."""
        for setting, source in _TURNED_ON_BY.items():
            if setting in self.config:
                yield source.SOURCE

    # Singer

    def discover_streams(self) -> Sequence[Stream]:
        """Build the streams of the configured sources; of all sources if none is."""
        sources = _TURNED_ON_BY.values()
        configured = {*self._configured()} or {source.SOURCE for source in sources}
        return [
            stream
            for source in sources
            if source.SOURCE in configured
            for stream in source.discover(self)
        ]

    def run_discovery(self) -> str:
        """Write the catalog, with the undeclared fields that are seen if that is wanted."""
        if self.config.get("discover_live") and any(self._configured()):
            from tap_continu_coursebase.check.look import look  # noqa: PLC0415 - a sync does not look
            from tap_continu_coursebase.check.promote import promote  # noqa: PLC0415

            promote(self, look(self.looking()(config=dict(self.config))), self.logger)
        return super().run_discovery()

    @classmethod
    def looking(cls) -> type[TapContinuCoursebase]:
        """Return the tap as one that only looks."""
        from tap_continu_coursebase.check.look import TRIES  # noqa: PLC0415

        return type(cls.__name__, (cls,), {"tries": TRIES, "only_looks": True})

    @classmethod
    def check(cls, *, save_to: Path | None = None, as_json: bool = False, **given: Any) -> bool:
        """Look at every selected stream, and print what was found.

        Args:
            save_to: The folder for what the answers looked like; None to keep nothing.
            as_json: Whether to print a document for programs.
            **given: As for the tap.

        Returns:
            Whether all of them would load.
        """
        from tap_continu_coursebase.check.told import tell  # noqa: PLC0415

        return tell(partial(cls.looking(), **given), save_to=save_to, as_json=as_json)

    def sync_all(self) -> None:  # type: ignore[misc]
        """Sync all streams; those that fail do not stop the others.

        Raises:
            SyncFailedError: If some failed, naming them.
        """
        from tap_continu_coursebase.singer.runlock import exclusive  # noqa: PLC0415 - only a sync locks

        locks = exclusive(
            self._to_lock(),
            patience=60 * self.config["parallel_run_wait_minutes"],
            folder=self.config.get("lock_folder"),
        )
        with locks:
            self.run.begin(datetime.now(UTC), checks.instant(self.config, "end_date"))
            try:
                with progress.shown(self.run, len(self._selected())):
                    super().sync_all()
            finally:
                self._close()
                self._tell_summary()
        self._raise_failures()

    def run_connection_test(self) -> bool:  # type: ignore[misc]
        """Ask for a little of each stream that is selected by default, and tell all that fails.

        That is one window of an hour, or the open one of a report of aggregates; the first row of a
        list; of an export its status.

        Raises:
            SyncFailedError: If some failed, naming them.
        """
        self.run.is_test = True
        self.run.start = max(self.run.start, self.run.until - WINDOW_OF_A_TEST)
        try:
            self.run_sync_dry_run(dry_run_record_limit=1, streams=self._selected())
        finally:
            self._close()
        self._raise_failures()
        return True

    def _selected(self) -> list[Stream]:
        return [stream for stream in self.streams.values() if stream.selected]

    def _close(self) -> None:
        for stream in self.streams.values():
            if isinstance(stream, SourceStream):
                stream.close()

    def _tell_summary(self) -> None:
        """Tell in one line what came of each stream, and in one what came of all."""
        run = self.run
        rejected = 0
        for activity in run.activities:
            read = cast("SourceStream", self.streams[activity.stream])
            rejected += read.findings.rejected
            line = summary.of_stream(
                activity,
                read.get_context_state(None).get("replication_key_value"),
                rejected=read.findings.rejected,
                has_failed=read.name in run.failures,
            )
            self.logger.info("%s", line)
        line = summary.of_run(
            run.activities,
            seconds=time.monotonic() - run.started,
            rejected=rejected,
            failed=len(run.failures),
        )
        self.logger.info("%s", line)

    def _raise_failures(self) -> None:
        if failures := self.run.failures:
            names = [stream.name for stream in self._selected()]
            raise SyncFailedError(
                summed_up(failures, [name for name in names if name not in continu.RECORDS])
            )

    def _to_lock(self) -> Iterator[tuple[str, str]]:
        """Yield what no other run may load meanwhile; records have no versions to mix up."""
        if not self.config["forbid_parallel_runs"]:
            return
        for name, stream in self.streams.items():
            if stream.selected and name not in continu.RECORDS:
                source = f"{name.partition('_')[0]}_"
                yield self.config.get(_ADDRESSES[source], ""), name

    def load_state(self, state: dict[str, Any]) -> None:
        """Take over a state.

        Raises:
            StateError: If this version has not written it.
        """
        check_state(state, _SOURCES)
        super().load_state(state)

    def setup_mapper(self) -> None:
        """Set up stream maps, once the catalog is known to fit."""
        known = self.streams
        for entry in (self.input_catalog or {}).values():
            if entry.tap_stream_id not in known and entry.metadata.resolve_selection()[()]:
                self.logger.warning(
                    "The catalog selects %s, which is no stream of the configured sources",
                    entry.tap_stream_id,
                )
        try:
            super(Tap, self).setup_mapper()
            self.mapper.register_raw_streams_from_catalog(
                Catalog((name, entry) for name, entry in self.catalog.items() if self._maps(name))
            )
        except (ConformedNameClashException, MapExpressionError, StreamMapConfigError) as error:
            raise ConfigError([f"stream_maps: {error}"]) from error

    def _maps(self, name: str) -> bool:
        """Tell whether a stream can be mapped now: later, if its columns are not known yet."""
        stream = self.streams.get(name)
        return isinstance(stream, SourceStream) and stream.selected and not stream.DECLARES_LATE

    def check_config(self, config: dict[str, Any], *, discovers: bool) -> None:
        """Check the settings and fill in defaults; discovery alone may do without a source.

        Raises:
            ConfigError: Naming each setting that is wrong.
        """
        schema = self.config_jsonschema
        found = list(environment.unknown(schema)) if self._reads_environment else []
        found = found or checks.problems(config, schema)
        found = found or list(options.problems(config["stream_options"]))
        if found and not (discovers and found == [checks.NO_SOURCE]):
            unread = environment.unread(checks.missing(found), reads=self._reads_environment)
            raise ConfigError([*found, *unread])

    def leave(self, signum: int) -> None:
        """Leave at once: what STATE says is safe already, the rest will be sent again."""
        logging.raiseExceptions = False  # the signal may have come amid another line of the log
        told = _LEAVING.format(signal.Signals(signum).name)
        if self.run.is_live:
            progress.leave(told)
        else:
            self.logger.warning("%s", told)
        self.message_writer.leave(128 + signum)

    # Command line

    @classmethod
    def invoke(
        cls,
        *,
        state: IO[str] | None = None,
        catalog: IO[str] | None = None,
        check: bool = False,
        save: Path | None = None,
        plan: bool = False,
        dsn: str | None = None,
        schema: str | None = None,
        **options: Any,
    ) -> None:
        """Run the tap, check its sources or plan a run, once its files are known to be readable."""
        state = readable(state, "--state", StateError, partial(check_state, sources=_SOURCES))
        catalog = readable(catalog, "--catalog", CatalogError, check_catalog)
        if save and not check:
            raise ConfigError(["--save: goes with --check"])
        if check and plan:
            raise ConfigError(["--check and --plan: one of them at a time"])
        if options.get("about") or not (check or plan):
            super().invoke(state=state, catalog=catalog, **options)
            return
        if (shape := options.get("about_format")) not in {None, "text", "json"}:
            raise ConfigError([f"--format {shape}: right is text or json"])
        config = options["config"]
        given = {
            "config": config.config if config else {},
            "parse_env_config": bool(config and config.parse_env),
            "state": state and json.load(state),
            "catalog": catalog and json.load(catalog),
        }
        if check:
            sys.exit(not cls.check(save_to=save, as_json=shape == "json", **given))
        planned = cls(**given).plan(dsn, schema)
        for line in planned.as_json() if shape == "json" else planned.as_text():
            click.echo(line)
        planned.check()

    def plan(self, dsn: str | None = None, schema: str | None = None) -> Plan:
        """Plan a run with this configuration, catalog and state; nothing is fetched.

        Args:
            dsn: Of the warehouse whose ledger tells how long windows take; None asks none, unless
                the environment names one.
            schema: Where its tables are.

        Raises:
            WarehouseError: If the warehouse that was given cannot be read.
        """
        from tap_continu_coursebase.operate import warehouse  # noqa: PLC0415
        from tap_continu_coursebase.operate.ledger import by_stream  # noqa: PLC0415
        from tap_continu_coursebase.operate.plan import Plan  # noqa: PLC0415

        history = {}
        if where := warehouse.named(dsn):
            try:
                with warehouse.reading(where, warehouse.schema_named(schema)) as found:
                    history = by_stream(found.windows())
            except warehouse.WarehouseError as error:
                if dsn is not None:
                    raise
                self.logger.warning("%s (%s)", error, warehouse.DSN_VARIABLE)
        return Plan([*plan_streams(self.streams.values())], self.run.until, self.config, history)

    @classmethod
    def cb_config(cls, ctx: click.Context, param: click.Option, value: tuple[str, ...]) -> Any:
        """Read the configuration files."""
        with naming_files(value):
            return super().cb_config(ctx, param, value)

    @classmethod
    def cb_test(cls, ctx: click.Context, param: click.Option, value: str) -> None:
        """Test the tap; somebody waits for the answer, so that a few tries must do."""
        impatient: type[TapContinuCoursebase] = type(
            cls.__name__, (cls,), {"tries": TRIES_OF_A_TEST}
        )
        super(TapContinuCoursebase, impatient).cb_test(ctx, param, value)

    @classmethod
    def get_singer_command(cls) -> click.Command:
        """Build the command line, with errors in one line each."""
        command = super().get_singer_command()
        return OneLineErrors(
            name=command.name,
            callback=command.callback,
            context_settings=command.context_settings,
            params=offer(command.params, (*CHECK_OPTIONS, *PLAN_OPTIONS)),
            help=command.help,
            logger=cls.logger,
        )
