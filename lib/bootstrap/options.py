"""Tells spark-submit's options from the job and the job's own arguments, and what these options come to."""

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from starling.errors import ConfigError

_VALUED = """
    --archives --class --conf --deploy-mode --driver-class-path --driver-cores --driver-java-options
    --driver-library-path --driver-memory --exclude-packages --executor-cores --executor-memory
    --extra-properties-file --files --jars --keytab --kill --master --name --num-executors --packages --principal
    --properties-file --proxy-user --py-files --queue --remote --repositories --status --total-executor-cores
"""
VALUED = frozenset(_VALUED.split())
SWITCHES = frozenset({"--help", "--load-spark-defaults", "--supervise", "--usage-error", "--verbose", "--version"})
SHORT = {"-c": "--conf", "-v": "--verbose", "-h": "--help"}
# With one of these spark-submit has no job to run.
JOBLESS = frozenset({"--kill", "--status", "--version"})
# Lists that Starling adds to. Said on the command line they would replace what a property says.
LISTS = {"--jars": "spark.jars", "--py-files": "spark.submit.pyFiles", "--files": "spark.files"}


@dataclass(frozen=True)
class Submission:
    """A command line taken apart; a switch has no value."""

    options: tuple[tuple[str, str | None], ...]
    job: str | None
    arguments: tuple[str, ...]

    def values(self, option: str) -> list[str]:
        """What the option was given, once for each time."""
        return [value for name, value in self.options if name == option and value is not None]

    def has(self, *options: str) -> bool:
        """Whether one of the options is there."""
        return any(name in options for name, _ in self.options)


def split(arguments: Sequence[str]) -> Submission:
    """Takes the command line apart at the job. Raises ConfigError for what spark-submit does not know.

    >>> split(["--master", "yarn", "-c", "a=b", "--name=x", "jobs/demo.py", "--work", "w"])
    Submission(options=(('--master', 'yarn'), ('--conf', 'a=b'), ('--name', 'x')), job='jobs/demo.py', \
arguments=('--work', 'w'))
    """
    options: list[tuple[str, str | None]] = []
    rest = list(arguments)
    while rest and rest[0].startswith("-"):
        name, joined, value = rest.pop(0).partition("=")
        name = SHORT.get(name, name)
        if name in VALUED:
            if not joined and not rest:
                raise ConfigError(f"{name} needs a value")
            options.append((name, value if joined else rest.pop(0)))
        elif name in SWITCHES and not joined:
            options.append((name, None))
        else:
            raise ConfigError(f"no option {name} of spark-submit{_close(name)}; a job's own options follow the job")
    return Submission(tuple(options), rest[0] if rest else None, tuple(rest[1:]))


def properties(submission: Submission, conf: Path) -> dict[str, str]:
    """Spark's properties as this submission sets them: spark-defaults.conf in `conf`, files that it names, --conf.

    Raises ConfigError for a file that cannot be read.
    """
    merged: dict[str, str] = {}
    defaults = conf / "spark-defaults.conf"
    named = [*submission.values("--properties-file")[-1:], *submission.values("--extra-properties-file")[-1:]]
    for path in [*([defaults] if defaults.is_file() else []), *map(Path, named)]:
        merged |= read(path)
    return merged | dict(_pair(conf) for conf in submission.values("--conf"))


def is_local(submission: Submission, properties: dict[str, str]) -> bool:
    """Whether the job runs within this machine's driver: a local master, which is what Spark takes unless told."""
    if submission.has("--remote"):
        return False
    masters = submission.values("--master") or [properties.get("spark.master", "local[*]")]
    return masters[-1].startswith("local")


def is_cluster(submission: Submission, properties: dict[str, str]) -> bool:
    """Whether the driver itself runs elsewhere."""
    modes = submission.values("--deploy-mode") or [properties.get("spark.submit.deployMode", "client")]
    return modes[-1] == "cluster"


def extended(submission: Submission, properties: dict[str, str], additions: dict[str, list[str]]) -> list[str]:
    """The options for spark-submit: those given, with each list in `additions` put before what was given for it."""
    command: list[str] = []
    for name, value in submission.options:
        if name not in additions:
            command += [name] if value is None else [name, value]
    for name, ours in additions.items():
        theirs = submission.values(name) or [properties.get(LISTS[name], "")]
        command += [name, ",".join([*ours, *filter(None, theirs)])]
    return command


def read(path: Path) -> dict[str, str]:
    r"""The properties of a file as Java reads them, of which Spark's files use the simple part.

    Raises ConfigError where it cannot be read.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read as Spark properties: {error}") from error
    return dict(_property(line.strip()) for line in lines if line.strip() and line.strip()[0] not in "#!")


def _property(line: str) -> tuple[str, str]:
    """Name and value, parted by `=`, `:` or blanks.

    >>> _property("spark.master local[2,3]"), _property("spark.master = yarn"), _property("spark.ui.enabled")
    (('spark.master', 'local[2,3]'), ('spark.master', 'yarn'), ('spark.ui.enabled', ''))
    >>> _property("spark.driver.extraJavaOptions -Da=b -Dc=d")
    ('spark.driver.extraJavaOptions', '-Da=b -Dc=d')
    """
    name, *value = re.split(r"\s*[=:]\s*|\s+", line, maxsplit=1)
    return name, "".join(value)


def _pair(conf: str) -> tuple[str, str]:
    name, equals, value = conf.partition("=")
    if not equals:
        raise ConfigError(f"--conf {conf}: wanted NAME=VALUE")
    return name, value


def _close(name: str) -> str:
    close = difflib.get_close_matches(name, VALUED | SWITCHES, n=1)
    return f"; did you mean {close[0]}?" if close else ""
