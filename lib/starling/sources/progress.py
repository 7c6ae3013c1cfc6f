"""How far a replay is: a bar where a person looks on, a line every few seconds where a log is written."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, SpinnerColumn, TextColumn
from rich.progress import Progress as Bars

_BAR_SECONDS = 0.1
_LINE_SECONDS = 5.0


@dataclass(frozen=True)
class Status:
    """What there is to show: records done of a total (None: no end), a second, and the seconds left (None: unknown)."""

    doing: str
    done: int
    total: int | None = None
    rate: float = 0.0
    left_seconds: float | None = None
    failed: int = 0
    skipped: int = 0

    def __str__(self) -> str:
        """The status in words.

        >>> str(Status("sent", 4000, 8673, 812.4, 5.75, skipped=2))
        'sent 4,000 of 8,673, 812/s, 0:00:05 left, 2 skipped'
        """
        parts = [
            f"{self.doing} {self.done:,}" + ("" if self.total is None else f" of {self.total:,}"),
            f"{self.rate:,.0f}/s",
            "" if self.left_seconds is None else f"{timedelta(seconds=int(self.left_seconds))} left",
            f"{self.failed:,} failed" if self.failed else "",
            f"{self.skipped:,} skipped" if self.skipped else "",
        ]
        return ", ".join(part for part in parts if part)


class Progress:
    """Shows nothing, which is right for a library and a test; the kinds below say more."""

    every_seconds = float("inf")

    def __init__(self) -> None:
        self._next = time.monotonic() + self.every_seconds

    def update(self, status: Callable[[], Status], now: float | None = None) -> None:
        """Shows the status if it is time again; it is only made then. `now` is time.monotonic()'s."""
        now = time.monotonic() if now is None else now
        if now >= self._next:
            self._next = now + self.every_seconds
            self.show(status())

    def show(self, status: Status) -> None:
        """Shows the status in place of the one before it."""

    def say(self, text: str) -> None:
        """Shows a line that stays."""


class LineProgress(Progress):
    """A line for each status."""

    every_seconds = _LINE_SECONDS

    def __init__(self, stream: TextIO) -> None:
        super().__init__()
        self._stream = stream

    def show(self, status: Status) -> None:
        """Writes the status."""
        self.say(str(status))

    def say(self, text: str) -> None:
        """Writes a line."""
        print(text, file=self._stream, flush=True)


class BarProgress(Progress):
    """A bar that is drawn over and over."""

    every_seconds = _BAR_SECONDS

    def __init__(self, bars: Bars) -> None:
        super().__init__()
        self._bars = bars
        self._task = bars.add_task("", total=None)

    def show(self, status: Status) -> None:
        """Draws the bar anew."""
        self._bars.update(self._task, description=str(status), completed=status.done, total=status.total)

    def say(self, text: str) -> None:
        """Prints a line above the bar."""
        self._bars.console.print(text, markup=False, highlight=False)


@contextmanager
def progress_on(stream: TextIO) -> Iterator[Progress]:
    """A bar while the stream is a terminal, lines when it is not."""
    if not stream.isatty():
        yield LineProgress(stream)
        return
    columns = (SpinnerColumn(), BarColumn(bar_width=30), TextColumn("{task.description}", markup=False))
    with Bars(*columns, console=Console(file=stream)) as bars:
        yield BarProgress(bars)
