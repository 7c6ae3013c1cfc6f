import random
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import starling
from starling.sources.merge import BEFORE_ALL, Entry, in_order

ids = st.none() | st.text(alphabet="0123456789", max_size=20)
entries = st.lists(
    st.builds(
        Entry,
        time_ms=st.integers(-5, 5) | st.just(BEFORE_ALL) | st.integers(-(1 << 61), 1 << 61),
        file=st.integers(0, 3),
        line=st.integers(1, 1 << 40),
        part=st.integers(0, 3),
        post_id=ids,
        payload=st.binary(max_size=300),
    ),
    unique_by=lambda entry: entry[:4],
)


@given(entries, st.sampled_from([1, 600, 1 << 20]))
def test_shuffled_records_come_out_sorted_and_whole_however_small_the_memory(given: list[Entry], memory: int) -> None:
    with in_order(given, run_bytes=memory) as timeline:
        assert list(timeline) == sorted(given)
        assert list(timeline) == sorted(given)  # and once more, for the next pass
        assert timeline.count == len(given)


@given(entries)
def test_the_first_and_last_time_are_those_of_records_that_have_one(given: list[Entry]) -> None:
    times = [entry.time_ms for entry in given if entry.time_ms != BEFORE_ALL]
    with in_order(given, run_bytes=600) as timeline:
        assert (timeline.first_ms, timeline.last_ms) == ((min(times), max(times)) if times else (0, 0))


def test_records_of_one_time_keep_the_order_of_files_and_lines() -> None:
    given = [Entry(5, file, line, part, None, b"") for file in (0, 1) for line in (1, 2, 10) for part in (0, 1)]
    shuffled = random.Random(3).sample(given, len(given))
    with in_order(shuffled, run_bytes=1) as timeline:
        assert list(timeline) == given


def test_two_readers_of_one_timeline_do_not_disturb_each_other() -> None:
    given = [Entry(time, 0, time, 0, str(time), bytes(1000)) for time in range(200)]
    with in_order(given, run_bytes=20_000) as timeline:
        assert [(a, b) for a, b in zip(timeline, timeline, strict=True)] == [(one, one) for one in given]


def test_payloads_larger_than_any_buffer_come_back_whole() -> None:
    given = [Entry(time, 0, time, 0, None, bytes([time]) * 3_000_000) for time in (3, 1, 2)]
    with in_order(given, run_bytes=1) as timeline:
        assert list(timeline) == sorted(given)


FILL = """
import resource
from starling.errors import StorageError
from starling.sources.merge import Entry, in_order
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    with in_order((Entry(n, 0, n, 0, None, bytes(1000)) for n in range(1000)), run_bytes=50_000):
        pass
except StorageError as error:
    print(error)
"""


def test_a_full_temporary_folder_is_one_clear_line(tmp_path: Path) -> None:
    lib = str(Path(starling.__file__).parents[1])
    said = subprocess.run(
        [sys.executable, "-c", FILL],
        env={"PYTHONPATH": lib, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert said.stdout == (
        f"{tmp_path}: the records to be sorted do not fit (File too large); set TMPDIR to a folder with more room\n"
    )
    assert said.stderr == ""


@pytest.mark.parametrize("count", [0, 1, 1000])
def test_no_temporary_file_stays_behind(count: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with in_order((Entry(n, 0, n, 0, None, b"") for n in range(count)), run_bytes=5_000):
        pass
    assert list(tmp_path.iterdir()) == []
