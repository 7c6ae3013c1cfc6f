"""How far a long work is: the step it is at, on a live line where a person looks on, a line a step where a log is."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

Step = Callable[[str], None]


@contextmanager
def steps_on(screen: TextIO, doing: str) -> Iterator[Step]:
    """Gives what is to be called with the name of each step as it begins; `doing` stands before it."""
    if screen.isatty():
        with _live(screen, doing) as step:
            yield step
        return
    started = time.monotonic()

    def line(name: str) -> None:
        elapsed = timedelta(seconds=int(time.monotonic() - started))
        print(f"{doing}: {name} ({elapsed})", file=screen, flush=True)

    yield line


def stoppable(step: Step, stopped: Callable[[], bool]) -> Step:
    """The same, but that where `stopped` says so no further step begins: KeyboardInterrupt ends the work there."""

    def next_one(name: str) -> None:
        if stopped():
            raise KeyboardInterrupt
        step(name)

    return next_one


@contextmanager
def _live(screen: TextIO, doing: str) -> Iterator[Step]:
    columns = (SpinnerColumn(), BarColumn(bar_width=20), TextColumn("{task.description}", markup=False))
    with Progress(*columns, TimeElapsedColumn(), console=Console(file=screen), transient=True) as bars:
        task = bars.add_task(doing, total=None)
        yield lambda name: bars.update(task, description=f"{doing}: {name}")
