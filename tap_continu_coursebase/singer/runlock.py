"""One run at a time for each stream of a source, on one machine.

Two runs that load the same stream into one warehouse can undo each other: a version that one
of them activates marks as deleted what the other has written meanwhile. The locks are files
in the system's folder for temporary files; the operating system frees them with the process,
however that ends.
"""

from __future__ import annotations

import errno
import getpass
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from hashlib import blake2b
from pathlib import Path

from filelock import FileLock, Timeout

from tap_continu_coursebase.core.errors import TapError


class ParallelRunError(TapError):
    """Another run is loading one of the streams, or locks cannot be had."""


@contextmanager
def exclusive(streams: Iterable[tuple[str, str]]) -> Iterator[None]:
    """Hold streams until the block ends.

    Args:
        streams: The address of each stream's source, and the stream's name.

    Yields:
        Nothing.

    Raises:
        ParallelRunError: If another run on this machine holds one of them.
    """
    with ExitStack() as held:
        for source, stream in streams:
            try:
                held.enter_context(FileLock(_path(source, stream), timeout=0))
            except Timeout as error:
                raise ParallelRunError(
                    f"another run on this machine is loading {stream}: run again when it has "
                    "ended (if the two load different warehouses, set forbid_parallel_runs to "
                    "false)"
                ) from error
            except OSError as error:
                raise ParallelRunError(
                    f"no lock file can be written in {_folder()} ({error.strerror}): set TMPDIR "
                    "to a folder that can be written to"
                ) from error
        yield


def _path(source: str, stream: str) -> Path:
    folder = _folder()
    folder.mkdir(mode=0o700, exist_ok=True)
    if hasattr(os, "getuid") and folder.stat().st_uid != os.getuid():
        raise PermissionError(errno.EPERM, f"{folder} belongs to another user")
    digest = blake2b(f"{source}\n{stream}".encode(), digest_size=16).hexdigest()
    return folder / f"{digest}.lock"


def _folder() -> Path:
    user = os.getuid() if hasattr(os, "getuid") else getpass.getuser()
    return Path(tempfile.gettempdir()) / f"tap-continu-coursebase-{user}"
