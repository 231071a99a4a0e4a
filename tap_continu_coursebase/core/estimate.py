"""What a run will ask for and how long that takes: pure arithmetic, no clock, no I/O."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tap_continu_coursebase.core.windows import Window

MINUTE = 60.0


@dataclass(frozen=True, slots=True)
class Call:
    """What a stream asks for at once: one window, one snapshot, one list.

    Attributes:
        window: The span of time that is asked for; None if there is none.
        own: Requests that nothing else needs.
        lists: Requests of each list, by name, that other streams may need too: a run walks it
            once.
        is_least: Whether it may be more, since how many there will be is not known.
    """

    window: Window | None
    own: int
    lists: Mapping[str, int] = field(default_factory=dict)
    is_least: bool = False

    @property
    def requests(self) -> int:
        """Requests that it takes alone; retries and halves of windows are not counted."""
        return self.own + sum(self.lists.values())


def requests(calls: Iterable[Call]) -> int:
    """Count the requests of one run, in which a list is walked once."""
    own, lists = 0, dict[str, int]()
    for call in calls:
        own += call.own
        lists.update(call.lists)
    return own + sum(lists.values())


def minutes(count: int, per_minute: int, *, least: float = 0.0) -> int:
    """Return how many minutes of the budget some requests take.

    Args:
        count: Requests.
        per_minute: How many the budget allows a minute.
        least: Seconds that they take anyhow, as ``elapsed`` tells.
    """
    return max(_ceil(count, per_minute), -int(-least // MINUTE))


def days(count: int, per_day: int) -> int:
    """Return on how many days of the budget some requests are sent."""
    return _ceil(count, per_day)


def elapsed(
    streams: Iterable[Sequence[float]], *, in_flight: int, per_minute: int, pause: float = MINUTE
) -> float:
    """Return the seconds that windows take, by the rules that they are fetched by.

    Streams come one after the other. In each, a window is asked for once all but ``in_flight - 1``
    of those before it are taken, which they are in order; and a request occupies its place in the
    minute until a minute after it was answered.

    Args:
        streams: The seconds that each window's answer takes, stream by stream; 0 if not known.
        in_flight: Windows that a stream fetches at once.
        per_minute: Places in a minute.
        pause: Seconds for which a place stays occupied.
    """
    now = 0.0
    places: deque[float] = deque(maxlen=per_minute)
    for answers in streams:
        taken: deque[float] = deque(maxlen=in_flight)
        for seconds in answers:
            start = taken[0] if len(taken) == in_flight else now
            if len(places) == per_minute:
                start = max(start, places[0] + pause)
            places.append(start + seconds)
            taken.append(max(start + seconds, taken[-1] if taken else now))
        now = taken[-1] if taken else now
    return now


def _ceil(count: int, share: int) -> int:
    return -(-count // share)
