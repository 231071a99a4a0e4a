"""The stock tap with the SDK's own faster writer."""

from __future__ import annotations

from singer_sdk.contrib.msgspec import MsgSpecWriter
from stock_tap import TapStock  # type: ignore[import-not-found]


class TapStockMsgSpec(TapStock):  # type: ignore[misc]
    """The stock tap, writing with msgspec."""

    message_writer_class = MsgSpecWriter


if __name__ == "__main__":
    TapStockMsgSpec.cli()
