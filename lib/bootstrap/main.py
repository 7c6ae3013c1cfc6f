"""The commands that the scripts call: `submit`, `tests` and `run`."""

import os
import signal
import sys
from collections.abc import Callable, Mapping
from types import FrameType
from typing import NoReturn

from bootstrap import (
    apt,
    browser,
    classes,
    environment,
    jars,
    jobs,
    launch,
    local_files,
    locking,
    options,
    package,
    rehearsal,
    toolchain,
)
from bootstrap.layout import Layout, layout
from bootstrap.progress import Setup, say
from bootstrap.toolchain import Java
from starling.errors import ConfigError, StarlingError


def main(arguments: list[str]) -> int:
    """Runs a command, which as a rule ends by becoming another program; else gives the exit code."""
    signal.signal(signal.SIGTERM, _terminate)
    command, *rest = arguments
    try:
        COMMANDS[command](rest)
    except StarlingError as error:
        say(f"starling: {error}")
        return error.exit_code
    except OSError as error:
        say(f"starling: {error.filename}: {error.strerror}" if error.filename else f"starling: {error}")
        return 1
    except KeyboardInterrupt:
        say("Stopped. Run the same command again to go on.")
        return 128 + signal.SIGINT
    return 0


def submit(arguments: list[str]) -> None:
    """`./spark-submit.sh`: lists the jobs, or becomes spark-submit."""
    place = layout(os.environ)
    submission = options.split(arguments)
    if not arguments or submission.has("--help"):
        print(jobs.usage(place.home))
        return
    if submission.job is None and not submission.has(*options.JOBLESS):
        raise ConfigError(f"no job given.\n{jobs.usage(place.home)}")
    job = jobs.find(place.home, submission.job) if submission.job else None
    java = prepare(place, os.environ, dev=False)
    zipped = package.pack(place, alone=locking.shared(place.in_use))
    launch.become(*launch.spark_submit(place, java, submission, job, zipped, os.environ))


def tests(arguments: list[str]) -> None:
    """`tests/run.sh`: becomes pytest."""
    place = layout(os.environ)
    java = prepare(place, os.environ, dev=True)
    browser.prepare(place, os.environ)
    locking.shared(place.in_use)
    os.chdir(place.home)
    launch.become(*launch.pytest(place, java, arguments, os.environ))


def run(arguments: list[str]) -> None:
    """Becomes a program of the virtual environment, run in the checkout's root: a linter, for example."""
    place = layout(os.environ)
    java = prepare(place, os.environ, dev=True)
    os.chdir(place.home)
    launch.become(arguments, launch.sources_first(place, launch.environment(place, java, os.environ)))


COMMANDS: dict[str, Callable[[list[str]], None]] = {"submit": submit, "tests": tests, "run": run}


def prepare(place: Layout, environ: Mapping[str, str], dev: bool) -> Java:
    """Sets up what is missing, which as a rule is nothing. Raises SetupError when that fails."""
    java = toolchain.find_java(environ)
    if java is None and not apt.may_install():
        raise toolchain.missing(environ)
    if java and _ready(place, environ, dev, java):
        return java
    with locking.exclusive(place.lock, f"Waiting for another set-up of {place.venv} to end.") as lock:
        environment.claim(place)
        return _set_up(place, environ, dev, Setup(place.log, lock))


def _set_up(place: Layout, environ: Mapping[str, str], dev: bool, setup: Setup) -> Java:
    java = toolchain.find_java(environ)
    if java is None:
        apt.install(setup, "Java", apt.JAVA, environ, toolchain.HOW_TO_INSTALL)
        java = toolchain.find_java(environ)
    if java is None:
        raise toolchain.missing(environ)
    toolchain.check_runs(java)
    if not environment.ready(place, dev, environ):
        environment.build(place, dev, setup, environ)
    if not jars.ready(place):
        jars.resolve(place, java, setup, environ)
    if not local_files.ready(place):
        local_files.build(place, java, setup, environ)
    if not classes.settled(place, java):
        rehearsal.archive_classes(place, java, setup, environ)
    place.java_stamp.write_text(str(java), encoding="utf-8")
    return java


def _ready(place: Layout, environ: Mapping[str, str], dev: bool, java: Java) -> bool:
    """Whether all is there, and this Java has run once: its version was only read from a file."""
    tried = place.java_stamp.is_file() and place.java_stamp.read_text(encoding="utf-8") == str(java)
    made = environment.ready(place, dev, environ) and jars.ready(place) and local_files.ready(place)
    return tried and made and classes.settled(place, java)


def _terminate(_signal: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(128 + signal.SIGTERM)
