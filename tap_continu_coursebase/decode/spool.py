"""What came of one response, kept until it is complete and its turn to be written."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from tap_continu_coursebase.core.concurrency import read_ahead
from tap_continu_coursebase.core.errors import TapError
from tap_continu_coursebase.decode.body import Body, Wrapping
from tap_continu_coursebase.decode.fastpath import Encoded
from tap_continu_coursebase.decode.repeats import KeyHashes, Repeats, find

IN_MEMORY = 1 << 21
_CHUNKS_AHEAD = 2


class SpoolError(TapError):
    """The folder for temporary files cannot hold a response."""


@contextmanager
def on_disk() -> Iterator[None]:
    """Write to a temporary file in this block, and to nothing else.

    Raises:
        SpoolError: If there is no room for it, or no such folder.
    """
    try:
        yield
    except OSError as error:
        raise SpoolError(
            f"cannot write to {_folder()} ({error.strerror}): set TMPDIR to a folder with room for "
            "the largest responses"
        ) from error


def _folder() -> str:
    try:
        return tempfile.gettempdir()
    except OSError:
        return "any folder for temporary files"


class Spool:
    """Records as lines of JSON: in memory while they are few, else in a file without a name.

    Such a file vanishes with the process, however that ends.

    Attributes:
        rows: How many records there are.
        misfits: How many values did not fit their column, by column.
        unreadable: Whether invalid UTF-8 was replaced by U+FFFD.
        shape: What the response was.
        remarks: What a user should know of it; each completes "the response".
        rejected: How many further records came without their key.
        repeats: The records that have the key of another one, once they are settled.
        fallbacks: How often another identifier stands in for a key column, by it and its prefix.
        oddities: How often something is odd about a value that is kept, by column and what.
        key_sum: A number that is equal for responses whose records have the same keys.
    """

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - see close
        self._sizes: list[int] = []
        self.rows = 0
        self.misfits: Counter[str] = Counter()
        self.unreadable = False
        self.shape = ""
        self.remarks: list[str] = []
        self.repeats = Repeats()
        self.rejected = 0
        self.fallbacks: Counter[tuple[str, str]] = Counter()
        self.oddities: Counter[tuple[str, str]] = Counter()
        self.key_sum = 0
        self._hashes = KeyHashes()
        self._rejections = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - see close

    def add(self, encoded: Encoded) -> None:
        """Append a batch.

        Raises:
            SpoolError: If there is no room for it.
        """
        with on_disk():
            self._file.write(encoded.lines)
            self._rejections.writelines(encoded.rejected)
            self._hashes.add(encoded.hashes)
        self._sizes.append(len(encoded.lines))
        self.rows += encoded.rows
        self.misfits.update(encoded.misfits)
        self.unreadable |= encoded.unreadable
        self.rejected += len(encoded.rejected)
        self.key_sum += sum(encoded.hashes)
        self.fallbacks.update(encoded.fallbacks)
        self.oddities.update(encoded.oddities)

    def complete(self) -> None:
        """Write what is still to be written to disk, once all batches are there.

        Raises:
            SpoolError: If there is no room for it.
        """
        with on_disk():
            self._file.flush()
            self._rejections.flush()

    def lines(self) -> Iterator[bytes]:
        """Yield the lines, several at once, none of them cut."""
        self._file.seek(0)
        for size in self._sizes:
            yield self._file.read(size)

    def sample(self, most: int) -> list[bytes]:
        """Return some of the lines, spread over the first batch."""
        if not self._sizes:
            return []
        self._file.seek(0)
        lines = self._file.read(self._sizes[0]).splitlines()
        return lines[:: -(-len(lines) // most) or 1]

    def rejections(self) -> Iterator[dict[str, Any]]:
        """Yield what is to be written of the records without their key."""
        self._rejections.seek(0)
        yield from map(json.loads, self._rejections)

    def settle(self, keys: Sequence[str]) -> None:
        """Find the records that have the key of another one, once all are there.

        Args:
            keys: The columns that the key is made of.

        Raises:
            SpoolError: If there is no room for it.
        """
        with on_disk():
            self.repeats = find(self._hashes, self.lines, keys)
        self._hashes.close()

    def close(self) -> None:
        """Free the memory or the files."""
        self._file.close()
        self._rejections.close()
        self._hashes.close()


def spool(
    chunks: Iterable[bytes],
    encode: Callable[[bytes], Encoded],
    wrapping: Wrapping | None = None,
) -> Spool:
    """Read the rows of a whole response.

    Args:
        chunks: Its bytes as they arrive.
        encode: Turns an array of records into lines.
        wrapping: What is known of it.

    Raises:
        NotAnArrayError: If no rows are to be found, or it is not complete.
        SpoolError: If there is no room for them.
    """
    with ExitStack() as unless_complete:
        spooled = Spool()
        unless_complete.callback(spooled.close)
        body = Body(read_ahead(chunks, ahead=_CHUNKS_AHEAD), encode, wrapping or Wrapping())
        for encoded in body.batches():
            spooled.add(encoded)
        spooled.complete()
        spooled.shape = body.shape
        spooled.remarks = body.remarks(spooled.rows)
        unless_complete.pop_all()
        return spooled
