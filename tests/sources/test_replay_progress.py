import io
import os
import pty
from contextlib import suppress

import pytest
from rich.console import Console
from rich.progress import Progress as Bars
from rich.progress import TextColumn

from starling.sources.progress import BarProgress, LineProgress, Progress, Status, progress_on


def test_a_status_says_only_what_is_known() -> None:
    assert str(Status("read", 1_234, rate=99.6)) == "read 1,234, 100/s"
    assert str(Status("sent", 5, 10, 2.0, 90_061.9)) == "sent 5 of 10, 2/s, 1 day, 1:01:01 left"
    assert str(Status("sent", 0, 0, failed=1, skipped=2)) == "sent 0 of 0, 0/s, 1 failed, 2 skipped"


def test_lines_are_written_every_five_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.monotonic", lambda: 100.0)
    stream = io.StringIO()
    progress = LineProgress(stream)
    for second in range(100, 112):
        progress.update(lambda second=second: Status("sent", second), float(second))
    assert stream.getvalue() == "sent 105, 0/s\nsent 110, 0/s\n"


def test_the_silent_progress_asks_for_no_status() -> None:
    Progress().update(lambda: pytest.fail("asked"))


def test_where_no_terminal_is_there_are_lines() -> None:
    stream = io.StringIO()
    with progress_on(stream) as progress:
        progress.show(Status("sent", 1))
        progress.say("a note")
    assert stream.getvalue() == "sent 1, 0/s\na note\n"


def drawn_on(terminal: int) -> str:
    """All that was written to a terminal whose other end is closed."""
    drawn = b""
    with suppress(OSError):  # which is how a terminal says that no more will come
        while chunk := os.read(terminal, 4096):
            drawn += chunk
    os.close(terminal)
    return drawn.decode()


def test_on_a_terminal_there_is_a_bar() -> None:
    master, slave = pty.openpty()
    with os.fdopen(slave, "w") as terminal:
        with progress_on(terminal) as progress:
            progress.show(Status("sent", 8_673, 8_673))
        assert isinstance(progress, BarProgress)
    drawn = drawn_on(master)
    assert "sent 8,673 of 8,673" in drawn
    assert "━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━" in drawn


def test_what_is_said_above_the_bar_is_not_read_as_markup() -> None:
    screen = io.StringIO()
    with Bars(TextColumn(""), console=Console(file=screen, force_terminal=True, width=80)) as bars:
        BarProgress(bars).say("[red]posts[/red] [/nothing]")
    assert "[red]posts[/red] [/nothing]" in screen.getvalue()
