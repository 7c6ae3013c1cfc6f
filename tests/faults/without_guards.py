"""Takes each guard out, and sees the test that holds it fail: `without_guards.py [FAULT …]`, with `.venv/bin/python`.

It works in a copy of the checkout, one guard after the other, and prints what became of each; the exit code is 1 where
a test passed without its guard. Without numbers it tries all of them, which takes the better part of an hour.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from faults.guards import GUARDS, Guard  # noqa: E402 — a program, which pytest has told no path

_LEFT_OUT = shutil.ignore_patterns(".git", ".venv*", ".artifacts", ".*_cache", "__pycache__", "work")
_SECONDS = 600
_LESS = ("--kills", "5", "--backlog", "50000")
_FAILED = 1  # pytest's exit code; others say that nothing ran


def main(arguments: list[str]) -> int:
    """Tries the guards of the faults that are named, or all."""
    chosen = {int(argument) for argument in arguments} or {guard.fault for guard in GUARDS}
    missed = 0
    with tempfile.TemporaryDirectory(prefix="starling-guards-") as folder:
        copy = Path(folder) / "checkout"
        shutil.copytree(ROOT, copy, ignore=_LEFT_OUT)
        for guard in GUARDS:
            if guard.fault in chosen:
                started = time.monotonic()
                problem = problem_without(guard, copy)
                missed += bool(problem)
                verdict = f"NOT HELD: {problem}" if problem else "its test fails without it"
                print(f"{guard.fault:>3}  {guard.what}: {verdict} ({time.monotonic() - started:.0f} s)", flush=True)
    return 1 if missed else 0


def problem_without(guard: Guard, copy: Path) -> str:
    """How pytest ended although the guard was taken out; nothing where the test failed, or came to no end."""
    file = copy / guard.file
    whole = file.read_text(encoding="utf-8")
    file.write_text(whole.replace(guard.code, guard.without), encoding="utf-8")
    test = [f"tests/faults/{guard.test}", "-k", guard.chosen]
    command = [str(copy / "tests" / "run.sh"), *test, "-q", "-x", "-n", "0", *_LESS]
    environment = {**os.environ, "STARLING_VENV": str(ROOT / ".venv")}
    try:
        done = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, timeout=_SECONDS)
    except subprocess.TimeoutExpired:
        return ""
    finally:
        file.write_text(whole, encoding="utf-8")
    lines = (done.stdout + done.stderr).strip().splitlines() or [f"exit code {done.returncode}"]
    return "" if done.returncode == _FAILED else lines[-1]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
