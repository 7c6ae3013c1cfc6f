"""Real posts to test with: those the project bundles, and captured messages of four platforms."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

BUNDLED = ("x_v2_stream", "x_archive_esa2019", "x_archive_elgl19", "x_archive_aprendeencasa2020")
_TESTS = Path(__file__).parent
_WIRE = (_TESTS / "fixtures", _TESTS / "sources" / "fixtures")
_DATA = _TESTS.parent / "data"


def bundled_path(name: str) -> Path:
    """Where a bundled file is."""
    return _DATA / f"{name}.jsonl.gz"


def bundled(name: str) -> list[dict]:
    """The posts of a bundled file."""
    return [json.loads(line) for line in lines(bundled_path(name))]


def every_text(name: str) -> set[str]:
    """Every text in a bundled file, those of the posts that its posts refer to included."""
    return set(_texts(bundled(name)))


def wire_texts() -> set[str]:
    """Every text in the captured messages."""
    files = [path for folder in _WIRE for path in folder.rglob("*.*") if path.suffix != ".md"]
    return {text for path in files for document in _documents(path) for text in _texts(document)}


def pages(name: str) -> list[dict]:
    """The pages or messages of a captured X v2 file, but for lines that are broken."""
    (path,) = [path for folder in _WIRE for path in folder.rglob(f"{name}.jsonl.gz")]
    return list(_documents(path))


def lines(path: Path) -> list[str]:
    """The lines of a file, plain or .gz, that are not blank."""
    raw = path.read_bytes()
    text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode()
    return [line for line in text.split("\n") if line.strip()]


def _documents(path: Path) -> Iterator[dict]:
    """Of a captured file: one document if it is one, else those of its lines that are."""
    there = lines(path)
    whole = _read("\n".join(there))
    found = [whole] if whole is not None else [_read(line.removeprefix("data: ")) for line in there]
    yield from (document for document in found if isinstance(document, dict))


def _read(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _texts(value: object) -> Iterator[str]:
    """What X and Bluesky call text, X v1 full_text, and Mastodon content; a payload may be JSON in a string."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in ("text", "full_text", "content") and isinstance(inner, str):
                yield inner
            elif key == "payload" and isinstance(inner, str):
                yield from _texts(_read(inner))
            else:
                yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
