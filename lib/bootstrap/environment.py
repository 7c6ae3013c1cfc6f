"""The virtual environment: made from the locks in conf/lock, and never trusted unless its making came to its end."""

import hashlib
import importlib.util
import os
import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from bootstrap.layout import Layout
from bootstrap.locking import exclusive
from bootstrap.progress import Setup, SetupError

# Every file is checked against the digests in the lock. What is published as a wheel is never built here; Spark is
# published as a source archive alone, and is built with the tools of the build lock, which are checked as well.
PIP = ("-m", "pip", "install", "--require-hashes", "--no-input", "--progress-bar", "off")
WHEELS = ("--no-build-isolation", "--only-binary", ":all:", "--no-binary", "pyspark")
# A download that breaks off is taken up again where it broke off. As variables, for an old pip ignores those.
PATIENCE = {"PIP_RETRIES": "5", "PIP_RESUME_RETRIES": "5"}
# A person's settings of pip hold (an index, a proxy, a cache), except those that would put the packages elsewhere.
MISLEADING = ("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PYTHONPATH", "PYTHONHOME")
# What an environment holds when nobody has put anything in it.
BARE = frozenset({"pip", "setuptools", "wheel"})
NO_VENV = """Python's modules venv and ensurepip are missing ({python}). Install them:
  Debian, Ubuntu:  apt-get install python{version}-venv
  Fedora:          dnf install python3
  macOS:           brew install python@3.13"""


def ready(layout: Layout, dev: bool, environ: Mapping[str, str]) -> bool:
    """Whether the environment holds what the locks say, for jobs, or with `dev` for the tests too."""
    if environ.get("STARLING_PYTHON") and _base_python() != layout.python.resolve():
        return False
    try:
        return _stamp(layout, dev).read_text() == _digest(layout, dev)
    except OSError:
        return False


def claim(layout: Layout) -> None:
    """Makes the environment's folder Starling's. Raises SetupError when there is somebody's work in it."""
    venv = layout.venv
    if not layout.own.is_dir() and venv.exists() and not _expendable(venv):
        raise SetupError(f"{venv} was not made by Starling: remove it, or name another folder in STARLING_VENV")
    layout.own.mkdir(parents=True, exist_ok=True)


def build(layout: Layout, dev: bool, setup: Setup, environ: Mapping[str, str]) -> None:
    """Makes the environment anew; where only the tests' packages are missing, adds these.

    Jobs can go on with what they have when the adding fails. After a kill nobody knows how far it came: made anew.
    """
    unfinished = layout.own / "unfinished"
    fresh = unfinished.exists() or not ready(layout, False, environ)
    for each in (False, True) if fresh else ():
        _stamp(layout, each).unlink(missing_ok=True)
    unfinished.touch()
    try:
        _install(layout, dev, fresh, setup, environ)
    except SetupError:
        if not fresh:
            unfinished.unlink()
        raise
    for each in {False, dev}:
        _stamp(layout, each).write_text(_digest(layout, each))
    unfinished.unlink()


def _install(layout: Layout, dev: bool, fresh: bool, setup: Setup, environ: Mapping[str, str]) -> None:
    with _scratch(layout) as scratch:
        environ = _pip_environ(environ, scratch)
        if fresh:
            _create(layout, setup, environ)
        with setup.step("Python packages" if fresh else "Python packages for the tests"):
            setup.run([layout.python, *PIP, *WHEELS, "--requirement", _lock(layout, dev)], environ)


def _create(layout: Layout, setup: Setup, environ: Mapping[str, str]) -> None:
    """An environment with the build tools and Spark, which is by far the largest package.

    Spark comes first and alone: pip keeps what it has built, so that an interruption later does not cost it again.
    """
    _check_modules()
    _clear(layout)
    with setup.step("virtual environment"):
        setup.run([_base_python(), "-I", "-m", "venv", layout.venv], environ)
        setup.run([layout.python, *PIP, "--requirement", _lock_folder(layout) / "build.txt"], environ)
    spark = Path(environ["TMPDIR"], "spark.txt")
    spark.write_text(_requirement(_lock(layout, dev=False).read_text(), "pyspark"))
    with setup.step("Spark"):
        setup.run([layout.python, *PIP, *WHEELS, "--no-deps", "--requirement", spark], environ)


def _check_modules() -> None:
    if not (importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip")):
        raise SetupError(NO_VENV.format(python=sys.executable, version=f"{sys.version_info[0]}.{sys.version_info[1]}"))


def _clear(layout: Layout) -> None:
    """Removes, when no job runs from it, everything but Starling's own folder, which marks the rest as ours."""
    waiting = (
        f"Waiting for the jobs that run from {layout.venv} to end, before it is made anew. "
        "STARLING_VENV=FOLDER gives this run an environment of its own."
    )
    with exclusive(layout.in_use, waiting):
        for entry in layout.venv.iterdir():
            if entry.is_dir() and not entry.is_symlink():
                if entry != layout.own:
                    shutil.rmtree(entry)
            else:
                entry.unlink()


def _expendable(venv: Path) -> bool:
    """Whether nothing is lost when the folder is cleared: it is empty, or an environment nothing was installed in."""
    if not venv.is_dir():
        return False
    if not (venv / "pyvenv.cfg").is_file():
        return not any(venv.iterdir())
    installed = venv.glob("lib/python3*/site-packages/*.dist-info")
    return {re.split("[-.]", path.name)[0].lower() for path in installed} <= BARE


@contextmanager
def _scratch(layout: Layout) -> Iterator[Path]:
    """A folder for pip's temporary files, which after a kill would stay in the system's."""
    scratch = layout.own / "tmp"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir()
    try:
        yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _pip_environ(environ: Mapping[str, str], scratch: Path) -> dict[str, str]:
    kept = {name: value for name, value in environ.items() if name not in MISLEADING}
    return {**PATIENCE, **kept, "PIP_USER": "0", "TMPDIR": str(scratch)}


def _requirement(lock: str, package: str) -> str:
    r"""The lines of one package in a lock.

    >>> _requirement("a==1 \\\n    --hash=sha256:0\nb==2 \\\n    --hash=sha256:1\n", "a")
    'a==1 \\\n    --hash=sha256:0\n'
    """
    return "".join(re.findall(rf"^{package}==.*\n(?: .*\n)*", lock, re.MULTILINE))


def _base_python() -> Path:
    """The interpreter behind this one, in case this one is in an environment, perhaps the one about to be cleared."""
    base = Path(sys.base_prefix, "bin", f"python{sys.version_info[0]}.{sys.version_info[1]}")
    return (base if base.exists() else Path(sys.executable)).resolve()


def _stamp(layout: Layout, dev: bool) -> Path:
    return layout.own / ("dev.stamp" if dev else "run.stamp")


def _digest(layout: Layout, dev: bool) -> str:
    """What an environment was made from, where, and on which interpreter: when one of these changes it is made anew."""
    digest = hashlib.sha256(os.fsencode(f"{layout.venv}\n{layout.python.resolve(strict=True)}\n"))
    for source in (Path(__file__), _lock_folder(layout) / "build.txt", _lock(layout, False), _lock(layout, dev)):
        digest.update(hashlib.sha256(source.read_bytes()).digest())
    return digest.hexdigest()


def _lock(layout: Layout, dev: bool) -> Path:
    return _lock_folder(layout) / ("dev.txt" if dev else "run.txt")


def _lock_folder(layout: Layout) -> Path:
    return layout.conf / "lock"
