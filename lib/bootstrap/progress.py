"""What a person sees of a set-up: a calm line a step on stderr, the rest in a log that is shown when it matters."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from starling.errors import StarlingError

LOG_LINES_SHOWN = 12
# Ctrl-C reaches pip too, which then clears its temporary files away.
SECONDS_TO_CLEAR_UP = 10


class SetupError(StarlingError):
    """Something that jobs need is missing, and could not be had."""


def say(line: str) -> None:
    """Tells the person; stdout belongs to the jobs."""
    print(line, file=sys.stderr, flush=True)


class Setup:
    """One set-up: its log, and the lock that each command it runs holds on to, so that none outlives it unnoticed."""

    def __init__(self, log: Path, lock: int) -> None:
        self._log = log
        self._lock = lock
        self._title = ""
        self._begun = 0.0
        self._mode = "wb"

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """A part of the set-up that takes long enough to be told of, and how long it took."""
        self._title, self._begun = title, time.monotonic()
        print(self._line, end="", file=sys.stderr, flush=True)
        try:
            yield
        except BaseException:
            say("")
            raise
        self._show_seconds(end="\n")

    def run(self, command: Sequence[str | Path], environ: Mapping[str, str], remedy: str = "") -> None:
        """Runs a command into the log. Raises SetupError with the end of the log, and `remedy`, when it fails."""
        with self._log.open(self._mode) as output:
            self._mode, begin = "ab", output.tell()
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=environ, pass_fds=[self._lock]
            )
            code = self._wait(process)
        if code:
            shown = "\n    ".join(["", *self._tail(begin)])
            raise SetupError(
                f"{self._title}: {Path(command[0]).name} left with exit code {code}; the end of {self._log}:{shown}\n"
                f"{remedy or 'What was fetched is kept: run the same command again to go on.'}"
            )

    @property
    def _line(self) -> str:
        return f"Setting up Starling (once): {self._title} …"

    def _show_seconds(self, end: str = "") -> None:
        line = f"\r{self._line}" if sys.stderr.isatty() else ""
        print(f"{line} {time.monotonic() - self._begun:.0f} s", end=end, file=sys.stderr, flush=True)

    def _wait(self, process: "subprocess.Popen[bytes]") -> int:
        """Shows on a terminal how the seconds go by; takes the command along when the set-up is stopped."""
        try:
            while True:
                try:
                    return process.wait(1 if sys.stderr.isatty() else None)
                except subprocess.TimeoutExpired:
                    self._show_seconds()
        except BaseException as stop:
            _stop(process, informed=isinstance(stop, KeyboardInterrupt))
            raise

    def _tail(self, begin: int) -> list[str]:
        lines = self._log.read_bytes()[begin:].decode(errors="replace").splitlines()
        return [line.strip() for line in lines if line.strip()][-LOG_LINES_SHOWN:]


def _stop(process: "subprocess.Popen[bytes]", informed: bool) -> None:
    if not informed:
        process.send_signal(signal.SIGINT)
    try:
        process.wait(SECONDS_TO_CLEAR_UP)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
