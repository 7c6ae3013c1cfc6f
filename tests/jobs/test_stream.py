"""What jobs/stream.py is told by its arguments; what it does is tried in tests/streams and tests/faults."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
JOB = [sys.executable, str(ROOT / "jobs" / "stream.py"), "--print-config"]


@pytest.mark.parametrize(
    ("arguments", "setting", "most"),
    [((), "", 20_000), (("--backfill",), "", 250_000), (("--backfill",), "400000", 400_000), ((), "70", 70)],
)
def test_a_backfill_takes_larger_micro_batches(arguments: tuple[str, ...], setting: str, most: int) -> None:
    environ = os.environ | {"PYTHONPATH": str(ROOT / "lib")}
    if setting:
        environ |= {"STARLING_STREAM_MAX_OFFSETS_PER_TRIGGER": setting}
    said = subprocess.run([*JOB, *arguments], env=environ, capture_output=True, text=True, check=True, timeout=120)
    assert re.findall(r"^max_offsets_per_trigger = (\d+)$", said.stdout, re.MULTILINE) == [str(most)]
