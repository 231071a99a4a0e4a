"""The command, by its script or as ``python -m tap_continu_coursebase``."""

import gc
import sys

INTERRUPTED = 130


def main() -> None:
    """Run the command line; Ctrl-C while it is loaded ends it in one line, too.

    What is loaded stays: garbage is looked for once, at the end, instead of all along.
    """
    gc.disable()
    try:
        from tap_continu_coursebase.tap import TapContinuCoursebase  # noqa: PLC0415 - takes time
    except KeyboardInterrupt:
        sys.stderr.write("Stopped by SIGINT: nothing has begun\n")
        sys.exit(INTERRUPTED)
    gc.collect()
    gc.freeze()
    gc.enable()
    TapContinuCoursebase.cli()


if __name__ == "__main__":
    main()
