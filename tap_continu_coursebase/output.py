"""What is written to stdout: whole lines only, whatever ends the run."""

from __future__ import annotations

import logging
import os
import sys

from singer_sdk.io_base import SingerWriter
from singer_sdk.singerlib.encoding.simple import Message

logger = logging.getLogger(__name__)


class WholeLines(SingerWriter):
    """Writes messages so that a signal never cuts one in two."""

    def __init__(self) -> None:
        super().__init__()
        self._writing = False
        self._exit_code: int | None = None

    def write_message(self, message: Message) -> None:
        """Write one message, then leave if a signal came meanwhile or nobody reads."""
        self._writing = True
        try:
            super().write_message(message)
        except BrokenPipeError:
            logger.error("The target has closed the pipe: run again to continue")  # noqa: TRY400
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(1)
        finally:
            self._writing = False
        if self._exit_code is not None:
            sys.exit(self._exit_code)

    def leave(self, exit_code: int) -> None:
        """Exit now, or right after the message that is being written."""
        self._exit_code = exit_code
        if not self._writing:
            sys.exit(exit_code)
