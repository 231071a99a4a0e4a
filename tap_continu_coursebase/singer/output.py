"""What is written to stdout: whole lines only, whatever ends the run."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

from singer_sdk.io_base import SingerWriter
from singer_sdk.singerlib.encoding.simple import Message


class OutputError(SystemExit):
    """What is written goes nowhere any more: the run ends at once."""

    def __init__(self, message: str) -> None:
        super().__init__(1)
        self.message = message


class WholeLines(SingerWriter):
    """Writes messages so that a signal never cuts one in two."""

    def __init__(self) -> None:
        super().__init__()
        self._writing = False
        self._exit_code: int | None = None

    def write_message(self, message: Message) -> None:
        """Write one message."""
        self.write_lines(f"{self.format_message(message)}\n".encode())

    def write_lines(self, lines: bytes) -> None:
        """Write messages that are lines already."""
        with self._defer_signals():
            sys.stdout.flush()
            if (binary := getattr(sys.stdout, "buffer", None)) is not None:
                rest = memoryview(lines)
                while rest:  # an unbuffered stream may take only a part, after a signal
                    rest = rest[binary.write(rest) :]
            else:
                sys.stdout.write(lines.decode())
            sys.stdout.flush()

    def leave(self, exit_code: int) -> None:
        """End the process now, or right after what is being written.

        Not by an exception, which a finalizer or the interpreter's own end would swallow. There
        is nothing to tidy: spools have no names, and locks end with the process.
        """
        self._exit_code = exit_code
        if not self._writing:
            os._exit(exit_code)

    @contextmanager
    def _defer_signals(self) -> Iterator[None]:
        """Write something whole, then leave if a signal came meanwhile.

        Raises:
            OutputError: If nobody reads, or there is no room for it.
        """
        self._writing = True
        try:
            yield
        except OSError as error:
            raise lost(error) from error
        finally:
            self._writing = False
        if self._exit_code is not None:
            os._exit(self._exit_code)


def lost(error: OSError) -> OutputError:
    """Let what is still to be written vanish, and return what ends the run.

    Args:
        error: Why nothing can be written to stdout.
    """
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if isinstance(error, BrokenPipeError):
        return OutputError("The target has closed the pipe: run again to continue")
    return OutputError(
        f"cannot write to stdout ({error.strerror}): make room where it goes, and run again to "
        "continue"
    )


def record_lines(
    lines: bytes,
    *,
    stream: str,
    added: Mapping[str, str],
    version: int | None,
    extracted: datetime,
) -> bytes:
    """Turn records into RECORD messages.

    Args:
        lines: One JSON object each, not empty; a line break only at the end of each.
        stream: The stream's name.
        added: Columns that every record gets.
        version: Of the full table, if it is one.
        extracted: When the records were asked for, UTC.

    Returns:
        One message a line.
    """
    if not lines:
        return b""
    head = f'{{"type":"RECORD","stream":{json.dumps(stream)},"record":'.encode()
    ending, more = b"\n", b""
    if added:
        ending, more = b"}\n", f",{json.dumps(added)[1:]}".encode()
    tail = more + (b',"version":%d' % version if version is not None else b"")
    tail += b',"time_extracted":"%b"}\n' % extracted.isoformat().encode()
    return head + lines[: -len(ending)].replace(ending, tail + head) + tail
