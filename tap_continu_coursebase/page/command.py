"""Write one HTML page of an organisation's learning, from the models in a warehouse.

It holds its charts and numbers itself: nothing is asked of the network, and no script runs. Exits
with 2, and writes nothing, if the models cannot be read or are not there.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from tap_continu_coursebase.operate.warehouse import WarehouseError, chosen, offer
from tap_continu_coursebase.page import learning, loading
from tap_continu_coursebase.page.answers import Answers
from tap_continu_coursebase.page.parts import Page
from tap_continu_coursebase.page.read import read

PROGRAM = "tap-continu-coursebase-page"
SCHEMA_VARIABLE = "DBT_POSTGRES_SCHEMA"
USUAL_SCHEMA = "analytics"
USUAL_OUTPUT = "learning.html"
USUAL_TITLE = "Learning"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the page, and return the exit code."""
    parser = _parser()
    given = parser.parse_args(arguments)
    dsn, schema = chosen(parser, given, variable=SCHEMA_VARIABLE, usual=USUAL_SCHEMA)
    try:
        from tap_continu_coursebase.page.render import html  # noqa: PLC0415 - optional
    except ImportError as error:
        return _refuse(
            f"{error.name}, which makes the page, is not installed: pip install "
            "'tap-continu-coursebase[page]'"
        )
    try:
        page = composed(read(dsn, schema, names=not given.no_people), given.title)
    except WarehouseError as error:
        return _refuse(str(error))
    document = html(page)
    if given.output == "-":
        sys.stdout.write(document)
        return 0
    try:
        Path(given.output).write_text(document, "utf-8")
    except OSError as error:
        return _refuse(f"{given.output} cannot be written: {error.strerror}")
    sys.stdout.write(f"{given.output}: {len(document.encode()) // 1024} KiB\n")
    return 0


def composed(answers: Answers, title: str) -> Page:
    """Put together what the page says."""
    remarks = [] if answers.has_names else ["People are counted here, and not named."]
    return Page(
        title,
        answers.as_of,
        learning.headlines(answers),
        [*learning.sections(answers), loading.section(answers)],
        remarks,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=PROGRAM, description=__doc__)
    offer(parser, variable=SCHEMA_VARIABLE, usual=USUAL_SCHEMA)
    parser.add_argument(
        "--output",
        default=USUAL_OUTPUT,
        metavar="FILE",
        help="what to write, - for the standard output; by default %(default)s",
    )
    parser.add_argument("--title", default=USUAL_TITLE, help="of the page; by default %(default)s")
    parser.add_argument(
        "--no-people",
        action="store_true",
        help="name nobody: learners at risk and managers are only counted, and no name is read",
    )
    return parser


def _refuse(line: str) -> int:
    sys.stderr.write(f"{line}\n")
    return 2


if __name__ == "__main__":
    sys.exit(main())
