"""``python -m tap_continu_coursebase``: the command where no script is on the path."""

from tap_continu_coursebase.tap import TapContinuCoursebase

if __name__ == "__main__":
    TapContinuCoursebase.cli()
