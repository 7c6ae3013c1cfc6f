"""A job that serves pages, run as a user runs it."""

import os
import re
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from browser.looking import wait_until_ready


def run_served(
    command: Sequence[str], folder: Path, environment: Mapping[str, str], told: str, look: Callable[[str], None]
) -> tuple[int, str]:
    """Runs the job in the folder until it has told its address, looks at it, stops it as Ctrl-C does.

    `told` is the pattern of the line with the address, which its first group is. Returns its exit code and all it said.
    """
    with subprocess.Popen(
        command,
        cwd=folder,
        env={**os.environ, **environment, "STARLING_SERVE_PORT": "0"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as job:
        assert job.stdout is not None
        said = []
        for line in job.stdout:
            said.append(line)
            if found := re.search(told, line):
                wait_until_ready(found[1])
                look(found[1])
                os.killpg(job.pid, signal.SIGINT)
        return job.wait(), "".join(said)
