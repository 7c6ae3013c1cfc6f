"""Packs lib/starling into the zip that Spark hands to its executors."""

import hashlib
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path

from bootstrap.layout import Layout

# The earliest date a zip can hold, so that equal sources make equal zips.
EPOCH = (1980, 1, 1, 0, 0, 0)


def pack(layout: Layout, alone: bool) -> Path:
    """The zip of the sources as they are now, named by their digest.

    Zips of former sources go when this is the only job, for another one may still import from them.
    """
    sources = _sources(layout.home / "lib", "starling")
    path = layout.own / f"starling-{_digest(sources)[:16]}.zip"
    if not path.is_file():
        _write(path, sources)
    if alone:
        for former in set(layout.own.glob("starling-*.zip")) - {path}:
            former.unlink()
    return path


def _sources(root: Path, package: str) -> dict[str, bytes]:
    """The package's files, code and data, under the names that the zip gives them."""
    files = (path for path in sorted((root / package).rglob("*")) if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in files}


def _digest(sources: Mapping[str, bytes]) -> str:
    digest = hashlib.sha256()
    for name, content in sources.items():
        digest.update(f"{name}\n{len(content)}\n".encode() + content)
    return digest.hexdigest()


def _write(path: Path, sources: Mapping[str, bytes]) -> None:
    """Whole or not at all, whoever else writes it at the same time."""
    part = path.with_suffix(f".{os.getpid()}.part")
    with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sources.items():
            archive.writestr(zipfile.ZipInfo(name, EPOCH), content, zipfile.ZIP_DEFLATED)
    part.replace(path)
