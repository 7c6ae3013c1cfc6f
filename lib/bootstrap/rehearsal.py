"""A stream of some of the bundled posts, run once for the sake of the classes it loads: see `bootstrap.classes`."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from bootstrap import classes, launch, package
from bootstrap.layout import Layout
from bootstrap.options import split
from bootstrap.progress import Setup, SetupError, say
from bootstrap.toolchain import Java

_COLLECT = ("jobs/collect.py", "replay", "data/x_archive_elgl19.jsonl.gz")
_STREAM = ("jobs/stream.py", "--once")
_WITHOUT = "Jobs do without it, and start some seconds later."
_CHOSEN_BY_THE_PERSON = ("STARLING_", "SPARK_", "PYSPARK_")


def archive_classes(layout: Layout, java: Java, setup: Setup, environ: Mapping[str, str]) -> None:
    """Makes the archive. Where that fails jobs do without, which is told, and not tried again."""
    shutil.rmtree(layout.classes, ignore_errors=True)
    work = layout.classes / "work"
    work.mkdir(parents=True)
    try:
        with setup.step("classes for jobs to start with"):
            _rehearse(layout, java, setup, environ, work)
    except SetupError as error:
        say(f"starling: {error}")
    finally:
        shutil.rmtree(work, ignore_errors=True)
    classes.settle(layout, java)


def _rehearse(layout: Layout, java: Java, setup: Setup, environ: Mapping[str, str], work: Path) -> None:
    """Whoever runs a job meanwhile finds the archive whole or not at all."""
    made, settings = work / "made.jsa", work / "defaults.toml"
    settings.touch()  # empty: those of conf/ may name somebody's Kafka
    kept = {name: value for name, value in environ.items() if not name.startswith(_CHOSEN_BY_THE_PERSON)}
    told = {"STARLING_CONFIG": str(settings), "STARLING_PATHS_WORK": str(work), "STARLING_METRICS_PORT": "0"}
    zipped = package.pack(layout, alone=False)

    def command(job: Sequence[str], *options: str) -> tuple[list[str], dict[str, str]]:
        submission = split([*options, *job])
        return launch.spark_submit(layout, java, submission, layout.home / job[0], zipped, {**kept, **told})

    setup.run(*command(_COLLECT), _WITHOUT)
    stream, child = command(_STREAM, *classes.options(layout))
    setup.run(stream, {**child, **classes.environment(layout, child, made)}, _WITHOUT)
    if not made.is_file():
        raise SetupError(f"{java} made no archive of classes. {_WITHOUT}")
    made.rename(classes.archive(layout))
