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


@contextmanager
def _live(screen: TextIO, doing: str) -> Iterator[Step]:
    columns = (SpinnerColumn(), BarColumn(bar_width=20), TextColumn("{task.description}", markup=False))
    with Progress(*columns, TimeElapsedColumn(), console=Console(file=screen), transient=True) as bars:
        task = bars.add_task(doing, total=None)
        yield lambda name: bars.update(task, description=f"{doing}: {name}")
