"""What the tests of the sources share."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest

FIXTURES = Path(__file__).parent / "fixtures"


@pytest.fixture
def fixture_path() -> Callable[[str], Path]:
    """The path of a fixture, by the beginning of its name."""
    return lambda name: FIXTURES / f"{name}.jsonl.gz"


@pytest.fixture
def fixture_lines(fixture_path: Callable[[str], Path]) -> Callable[[str], list[bytes]]:
    """The lines of a fixture that are not empty."""
    return lambda name: [line for line in gzip.decompress(fixture_path(name).read_bytes()).split(b"\n") if line]


@pytest.fixture
def archive_file(tmp_path: Path) -> Callable[..., Path]:
    """Writes a file of archive rows from pairs of an id and a created_at."""

    def write(*posts: tuple[str, str], name: str = "posts.jsonl") -> Path:
        path = tmp_path / name
        rows = [json.dumps({"status_id": post_id, "created_at": time, "text": "hi"}) for post_id, time in posts]
        path.write_text("".join(f"{row}\n" for row in rows))
        return path

    return write
