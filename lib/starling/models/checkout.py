"""Which code is running."""

import subprocess
from pathlib import Path

UNKNOWN = "unknown"
_PATIENCE_SECONDS = 10


def commit(file: Path = Path(__file__)) -> str:
    """The git commit that the package is checked out at, with `-dirty` where it has been changed since.

    `unknown` where the package comes from no checkout, or git cannot tell: a training does not fail over it.
    """
    if _git(file.parent, "ls-files", "--error-unmatch", file.name) is None:
        return UNKNOWN  # a package that lies in somebody else's checkout, for example in a virtual environment there
    found = _git(file.parent, "rev-parse", "HEAD")
    changed = _git(file.parent, "status", "--porcelain", "--untracked-files=no")
    return UNKNOWN if not found else f"{found}-dirty" if changed else found


def _git(folder: Path, *arguments: str) -> str | None:
    try:
        command = ["git", "-C", str(folder), *arguments]
        said = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE_SECONDS, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return said.stdout.strip()
