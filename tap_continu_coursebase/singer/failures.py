"""Why streams failed, said once for all that failed alike."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from tap_continu_coursebase.core.errors import TapError


def alike(stream: str, error: TapError) -> str:
    """Return what streams that failed alike have in common: the message without what is their own.

    Args:
        stream: The stream's name.
        error: Why it failed.
    """
    message = str(error).replace(stream, "<stream>")
    return message.replace(error.request, "") if error.request else message


def summed_up(failures: Mapping[str, TapError], selected: Collection[str]) -> str:
    """Tell in one line which streams failed and why, each reason once.

    Args:
        failures: Why streams failed, by stream.
        selected: All streams that were to be read.

    Returns:
        For instance ``14 streams failed: all 14 Continu streams: HTTP 401: ...``. Where some of a
        source fail alike they are named; where a reason names its stream, ``<stream>`` stands there
        if there are several; where it shows its request, that of the first is shown.
    """
    groups: dict[tuple[str, str], list[str]] = {}
    for stream, error in failures.items():
        groups.setdefault((_source(stream), alike(stream, error)), []).append(stream)
    noun = "stream" if len(failures) == 1 else "streams"
    told = (_told(streams, failures[streams[0]], selected) for streams in groups.values())
    return f"{len(failures)} {noun} failed: {'; '.join(told)}"


def _told(streams: list[str], error: TapError, selected: Collection[str]) -> str:
    first, *others = streams
    if not others:
        return f"{first}: {error}"
    source = _source(first)
    reason = str(error).replace(first, "<stream>")
    if len(streams) == sum(_source(stream) == source for stream in selected):
        return f"all {len(streams)} {source.capitalize()} streams: {reason}"
    return f"{len(streams)} {source.capitalize()} streams ({', '.join(streams)}): {reason}"


def _source(stream: str) -> str:
    return stream.partition("_")[0]
