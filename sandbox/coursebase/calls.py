"""How a call becomes `data`: by reading, by showing a page, by writing, by exporting."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from sandbox.coursebase import faults
from sandbox.coursebase.exports import Exports, select
from sandbox.coursebase.files import shape_of
from sandbox.coursebase.jobs import ONLY_LATER
from sandbox.coursebase.organisation import Organisation
from sandbox.coursebase.paging import BEFORE_ALL, Cursor, Listing, Pager
from sandbox.coursebase.reads import Arguments
from sandbox.coursebase.realities import Realities
from sandbox.coursebase.settings import Settings
from sandbox.coursebase.timekeeper import Timekeeper
from sandbox.faults import Faults


@dataclass(frozen=True, slots=True)
class Context:
    """All that methods work on."""

    organisation: Organisation
    settings: Settings
    exports: Exports
    pager: Pager
    faults: Faults
    time: Timekeeper
    realities: Realities


Handler = Callable[[Context, str, Arguments], Awaitable[Any]]


def reading(read: Callable[[Organisation, Arguments], Any]) -> Handler:
    """Turn a function that makes `data` into a handler."""

    async def handler(context: Context, _method: str, arguments: Arguments) -> Any:
        return read(context.organisation, arguments)

    return handler


def paging(read: Callable[[Organisation, Settings, Arguments], Listing]) -> Handler:
    """Turn a function that makes a whole list into a handler that shows a page of it."""

    async def handler(context: Context, method: str, arguments: Arguments) -> Any:
        others = {name: value for name, value in arguments.items() if name != "next"}
        found = read(context.organisation, context.settings, others)
        wanted = arguments.get("next")
        kinds = faults.PAGE if wanted is None else faults.PAGE | faults.NEXT_PAGE
        page = context.pager.page(
            found,
            Cursor(method, others, BEFORE_ALL, context.time.now()),
            wanted,
            context.settings.page_size,
            context.faults.take(method, kinds, arguments),
        )
        last = page["next"] is None
        if last and context.faults.take(method, faults.LAST_PAGE, arguments):
            del page["next"]
        return page

    return handler


def writing(write: Callable[[Organisation, Settings, Arguments], Any]) -> Handler:
    """Turn a function that changes the organisation into a handler."""

    async def handler(context: Context, _method: str, arguments: Arguments) -> Any:
        return write(context.organisation, context.settings, arguments)

    return handler


async def export(context: Context, method: str, arguments: Arguments) -> Any:
    """report.export: start a job, or tell of the one that runs (documented: M)."""
    selector = select(arguments)
    language, time_zone = arguments["language"], arguments["time_zone"]
    context.exports.check(selector, language, time_zone)
    job = context.exports.running(selector)
    if job is None:
        endless = context.faults.take(method, faults.JOB, arguments) is not None
        struck = context.faults.take_each(method, faults.FILE, arguments)
        shape = shape_of([*context.realities.files(), *struck])
        job = context.exports.start(selector, language, time_zone, shape, endless=endless)
    return job.echo(context.time.now())


async def export_status(context: Context, method: str, arguments: Arguments) -> Any:
    """report.export.status.

    Inferred: fields that do not apply are absent; the link is signed by each call.
    """
    selector = select(arguments)
    job = context.exports.find(selector)
    data = job.progress(context.time.now())
    fault = context.faults.take(method, faults.POLL, arguments)
    kind = "" if fault is None else fault.kind
    if "finished_at" in data:
        file = await asyncio.wrap_future(job.file)
        fresh = kind != "same_link" and not context.settings.same_link
        data["row_count"] = file.row_count
        data["url"] = context.exports.link(job, fresh=fresh)
    if kind == "null_fields":
        data = dict.fromkeys(ONLY_LATER) | data
    if fault is not None and kind == "unknown_status":
        data["status"] = str(fault.details.get("word", "failed"))
    return data
