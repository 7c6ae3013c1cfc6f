"""Runs a program for as long as whoever started it lives: `python -c SOURCE PROGRAM ARGUMENT…`.

Standard input is the leash: its other end is held by the one who started this, and is let go when that process ends,
however it ends. The program then ends too, with all processes that it started. Imports the standard library alone, and
is handed over as its source: it starts at once, and also from a zip, in which nothing has a path.
"""

import os
import select
import signal
import subprocess
import sys
import time
from contextlib import suppress

_TICK_SECONDS = 0.2
_STOP_SECONDS = 5.0


def main(command: list[str]) -> int:
    """Runs the program until it has ended or the leash is let go; its exit code, 0 where it was ended."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    program = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)
    try:
        while program.poll() is None:
            if select.select([0], [], [], _TICK_SECONDS)[0] and not os.read(0, 1):
                return 0
        return program.returncode
    finally:
        end(program)


def end(program: "subprocess.Popen[bytes]") -> None:
    """Ends the program's whole session: asks it to, and kills what is left after a while."""
    for order in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(program.pid, order)
        deadline = time.monotonic() + _STOP_SECONDS
        while _lives(program) and time.monotonic() < deadline:
            time.sleep(0.05)


def _lives(program: "subprocess.Popen[bytes]") -> bool:
    program.poll()  # a program that has ended and was not asked for counts as one that lives
    try:
        os.killpg(program.pid, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
