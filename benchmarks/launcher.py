"""Run commands joined by pipes, as a shell would, and print what each used as JSON.

A process of its own, and a small one, as a process' peak memory is never less than that of
the one that started it. Usage: launcher.py '[["tap", "--x"], ["target"]]'.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time


def main() -> None:
    """Run, wait, print."""
    commands = json.loads(sys.argv[1])
    output = open(sys.argv[2], "wb")  # noqa: SIM115, PTH123 - inherited, and no import to spare
    errors = open(sys.argv[3], "wb")  # noqa: SIM115, PTH123 - likewise
    running: dict[int, int] = {}
    used: list[dict[str, float]] = [{} for _ in commands]
    started = time.monotonic()
    source = None
    for place, command in enumerate(commands):
        last = place == len(commands) - 1
        process = subprocess.Popen(
            command,
            stdin=source or subprocess.DEVNULL,
            stdout=output if last else subprocess.PIPE,
            stderr=errors,
        )
        if source is not None:
            source.close()
        source = process.stdout
        running[process.pid] = place
    while running:
        pid, status, usage = os.wait4(-1, 0)
        used[running.pop(pid)] = {
            "exit": os.waitstatus_to_exitcode(status),
            "cpu": usage.ru_utime + usage.ru_stime,
            "mib": usage.ru_maxrss / 1024,
        }
    sys.stdout.write(json.dumps({"seconds": time.monotonic() - started, "used": used}))


if __name__ == "__main__":
    main()
