"""A virtual environment for those whom the pipeline is compared with: what they need is not in our lock."""

import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from measuring import say

# Of what we have too, they get our versions.
SHARED = ("confluent-kafka", "deltalake", "numpy", "pyarrow", "vaderSentiment")
THEIRS = ("msgspec==0.22.0", "polars==2.1.0")
PATHWAY = "pathway==0.33.0"
_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "starling-benchmarks"


def python() -> tuple[Path, str]:
    """The environment's Python, and why Pathway is not in it ("" where it is). Made once, and again for other pins."""
    folder = _CACHE / f"venv-{sys.version_info[0]}.{sys.version_info[1]}"
    found, made = folder / "bin" / "python", folder / "made-of.txt"
    pins = [*(f"{name}=={version(name)}" for name in SHARED), *THEIRS]
    made_of = "\n".join([*pins, PATHWAY])
    if not made.exists() or made.read_text().partition("\0")[0] != made_of:
        say(f"installing {', '.join([*THEIRS, PATHWAY])} in {folder}, once")
        _must([sys.executable, "-m", "venv", "--clear", str(folder)])
        _must(_install(found, pins))
        refusal = _failure(_install(found, [*pins, PATHWAY]))
        made.write_text(f"{made_of}\0{refusal}")
    return found, made.read_text().partition("\0")[2]


def versions(of: Path) -> dict[str, str]:
    """What the environment holds of the packages that matter, by name."""
    names = [*SHARED, *(pin.partition("==")[0] for pin in (*THEIRS, PATHWAY))]
    asked = subprocess.run(
        [str(of), "-m", "pip", "list", "--format=freeze"], capture_output=True, text=True, check=True
    )
    held = dict(line.split("==", 1) for line in asked.stdout.splitlines() if "==" in line)
    return {name: held[name] for name in names if name in held}


def _install(into: Path, pins: list[str]) -> list[str]:
    return [str(into), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary=:all:", *pins]


def _must(command: list[str]) -> None:
    refusal = _failure(command)
    if refusal:
        sys.exit(f"{' '.join(command)}: {refusal}")


def _failure(command: list[str]) -> str:
    """Why a command failed, in its last line; "" where it did not."""
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    said = ended.stderr.strip() or ended.stdout.strip() or f"left with {ended.returncode}"
    return said.rpartition("\n")[2] if ended.returncode else ""
