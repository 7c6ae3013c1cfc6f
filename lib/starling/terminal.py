"""Where a live line is drawn."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

# The terminal of whoever called spark-submit.sh, which a job under spark-submit sees through a pipe alone.
VARIABLE = "STARLING_TERMINAL"


def attended() -> bool:
    """Whether a person sees what is printed, who can also end what goes on."""
    return VARIABLE in os.environ or sys.stderr.isatty()


@contextmanager
def terminal() -> Iterator[TextIO]:
    """The caller's terminal where there is one, else the standard error."""
    try:
        screen = Path(os.environ[VARIABLE]).open("w")  # noqa: SIM115 -- closed below
    except (KeyError, OSError):
        yield sys.stderr
        return
    with screen:
        yield screen
