"""The jobs there are, without importing or running any of them."""

import ast
from pathlib import Path

from starling.errors import ConfigError

USAGE = """Usage: ./spark-submit.sh [spark-submit options] JOB [the job's arguments]

Jobs:
{jobs}

`./spark-submit.sh JOB --help` tells what a job takes."""


def usage(home: Path) -> str:
    """How to run a job, and each job with the first line of its docstring."""
    jobs = {path.relative_to(home).as_posix(): _summary(path) for path in _paths(home)}
    width = max(map(len, jobs), default=0)
    return USAGE.format(jobs="\n".join(f"  {name:{width}}  {summary}".rstrip() for name, summary in jobs.items()))


def find(home: Path, name: str) -> Path:
    """The file that a job's name stands for: a path, also from the checkout's root, or the bare name of one in jobs/.

    Raises ConfigError when there is none.
    """
    for path in (Path(name), home / name, home / "jobs" / f"{name}.py"):
        if path.suffix == ".py" and path.is_file():
            return path
    there_are = ", ".join(path.relative_to(home).as_posix() for path in _paths(home)) or "none"
    raise ConfigError(f"no job {name}; there are: {there_are}")


def _paths(home: Path) -> list[Path]:
    return sorted((home / "jobs").glob("[!_]*.py"))


def _summary(path: Path) -> str:
    try:
        docstring = ast.get_docstring(ast.parse(path.read_bytes()))
    except (SyntaxError, ValueError) as error:
        return f"(cannot be read: {error})"
    return (docstring or "").partition("\n")[0]
