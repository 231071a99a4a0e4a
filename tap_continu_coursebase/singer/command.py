"""The command line: files that can be read, and one clear line a problem."""

from __future__ import annotations

import errno
import io
import json
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import click
from singer_sdk.plugin_base import SingerCommand

from tap_continu_coursebase.core.errors import ConfigError, TapError, UnexpectedError
from tap_continu_coursebase.singer.output import OutputError, lost


class OneLineErrors(SingerCommand):
    """Ends with one clear line a problem, instead of a traceback."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run the command."""
        try:
            return super().main(*args, **kwargs)
        except ConfigError as error:
            for problem in error.problems:
                self.logger.error("Bad configuration: %s", problem)  # noqa: TRY400
        except TapError as error:
            self.logger.error("%s", error)  # noqa: TRY400
        except OutputError as error:
            self.logger.error("%s", error.message)  # noqa: TRY400
        except Exception as error:  # noqa: BLE001 - whatever it is, one line tells it
            self.logger.debug("".join(traceback.format_tb(error.__traceback__)))
            told = str(UnexpectedError(error))
            if isinstance(error, OSError) and error.errno == errno.ENOSPC:
                told = lost(error).message
            self.logger.error("%s", told)  # noqa: TRY400
        sys.exit(1)


CHECK_OPTIONS = (
    click.Option(
        ["--check"],
        is_flag=True,
        help="Look at each selected stream by one small request, and print what was found and "
        "which settings would mend it; with --format json, for programs.",
    ),
    click.Option(
        ["--save"],
        type=click.Path(path_type=Path, file_okay=False),
        help="With --check: a new folder for what the answers looked like, without any of their "
        "values.",
    ),
)
PLAN_OPTIONS = (
    click.Option(
        ["--plan"],
        is_flag=True,
        help="Print what a run would ask for and how long that takes, and fetch nothing; with "
        "--format json one object a window.",
    ),
    click.Option(
        ["--dsn"],
        metavar="URL",
        help="With --plan: the warehouse in PostgreSQL whose ledger tells how long windows take; "
        "by default $TARGET_POSTGRES_SQLALCHEMY_URL.",
    ),
    click.Option(
        ["--schema"], help="With --plan: where its tables are, as target-postgres is told."
    ),
)
_OF_MELTANO = "singer_state"
"""What ``meltano state get`` wraps a state in."""
_REMEDIES = {
    "--state": "right would be the last line that the target wrote, or no --state to load all",
    "--catalog": "write it anew with --discover",
}
FORMATS = ("text", "json", "markdown")


def offer(known: Sequence[click.Parameter], added: Sequence[click.Option]) -> list[click.Parameter]:
    """Add options to those of the SDK, and let its ``--format`` be for them too."""
    for parameter in known:
        if isinstance(parameter, click.Option) and "--format" in parameter.opts:
            parameter.type = click.Choice(FORMATS, case_sensitive=False)
            parameter.help = "Output style of --check and --plan (text or json), and of --about."
    return [*known, *added]


def readable(
    file: IO[str] | None, option: str, problem: type[TapError], check: Callable[[Any], None]
) -> IO[str] | None:
    """Return a file again, once it is known to be JSON and to pass a check."""
    if file is None:
        return None
    try:
        text = file.read()
        content = json.loads(text, parse_constant=_refuse)
        if isinstance(content, dict) and content.keys() == {_OF_MELTANO}:
            content = content[_OF_MELTANO]
            text = json.dumps(content)
    except (OSError, ValueError, RecursionError) as error:
        raise problem(f"{option}: not a readable JSON object; {_REMEDIES[option]}") from error
    check(content)
    return io.StringIO(text)


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


@contextmanager
def naming_files(paths: Sequence[str]) -> Iterator[None]:
    """Turn what reading configuration files raises into one line that names them.

    Raises:
        ConfigError: If one is not a JSON object.
    """
    try:
        yield
    except (OSError, TypeError, ValueError, RecursionError) as error:
        shown = " ".join(
            path if set(path).isdisjoint("{=") else "(settings, not their file)" for path in paths
        )
        raise ConfigError(
            [f"--config {shown}: not a readable JSON file, or not a JSON object of settings"]
        ) from error
