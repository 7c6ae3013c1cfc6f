import os
import pty
import sys

import pytest

from starling.terminal import VARIABLE, terminal


def test_the_callers_terminal_is_drawn_on_although_the_standard_error_is_a_pipe(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen, drawn = pty.openpty()
    monkeypatch.setenv(VARIABLE, os.ttyname(drawn))
    with terminal() as screen:
        assert screen.isatty()
        print("half way", end="", file=screen, flush=True)
    assert os.read(seen, 100) == b"half way"
    os.close(seen)
    os.close(drawn)


@pytest.mark.parametrize("named", [None, "/nowhere/tty"])
def test_without_one_it_is_the_standard_error(monkeypatch: pytest.MonkeyPatch, named: str | None) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    if named is not None:
        monkeypatch.setenv(VARIABLE, named)
    with terminal() as screen:
        assert screen is sys.stderr
