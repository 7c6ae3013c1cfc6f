"""How far a long work is."""

import io
import threading

import pytest

from starling.steps import steps_on, stoppable


class Terminal(io.StringIO):
    """Text that says of itself that it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_a_log_gets_a_line_a_step_with_the_time_since_the_start() -> None:
    out = io.StringIO()
    with steps_on(out, "topics") as step:
        step("reading the posts")
        step("12 clusters")
    assert out.getvalue() == "topics: reading the posts (0:00:00)\ntopics: 12 clusters (0:00:00)\n"


def test_a_terminal_is_shown_the_step_and_is_left_as_it_was() -> None:
    out = Terminal()
    with steps_on(out, "topics") as step:
        step("12 clusters")
    drawn = out.getvalue()
    assert "topics: 12 clusters" in drawn
    assert drawn.rstrip("\n").endswith("\x1b[2K"), "the live line is still there"


def test_a_work_that_is_to_stop_ends_before_its_next_step() -> None:
    begun: list[str] = []
    stop = threading.Event()
    step = stoppable(begun.append, stop.is_set)
    step("first")
    stop.set()
    with pytest.raises(KeyboardInterrupt):
        step("second")
    assert begun == ["first"]
