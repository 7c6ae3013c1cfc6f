"""What a run without a path takes in."""

import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
OTHERS = [folder for folder in (TESTS.parent / "lib", *TESTS.iterdir()) if folder.is_dir() and folder.name != "faults"]
# One file beside the faults, so that there is something to run.
FEW = ["-k", "test_guards or test_text", *(f"--ignore={folder}" for folder in OTHERS)]


@pytest.mark.slow
@pytest.mark.parametrize("asked", [["-n", "2"], ["-n", "0", "--faults"]], ids=" ".join)
def test_the_faults_are_left_out_unless_they_are_asked_for_and_that_is_said(asked: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-rp", *asked, *FEW], cwd=TESTS.parent, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told = done.stdout.splitlines()
    assert any(line.startswith("PASSED tests/test_text.py::") for line in told)
    has_faults = any(line.startswith("PASSED tests/faults/test_guards.py::") for line in told)
    left_out = "tests/faults is left out: tests/run.sh tests/faults, or --faults for all there is" in told
    assert (has_faults, left_out) == (("--faults" in asked), "--faults" not in asked)
