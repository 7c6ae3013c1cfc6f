"""What the driver's JVM is told where a job runs for long; spark-defaults.conf has what suits short ones."""

from pathlib import Path

from bootstrap.layout import Layout
from bootstrap.options import Submission, properties, read

_OPTIONS = "spark.driver.extraJavaOptions"
# The jobs that run until they are stopped, or for minutes, because they train models; and the argument with which one
# does not. (With --backfill a stream ends by itself, but takes long.)
_LAST: dict[str, str | None] = {"stream.py": "--once", "train.py": None, "demo.py": None}


def options(layout: Layout, submission: Submission) -> list[str]:
    """For spark-submit: conf/spark-lasting.conf, where the job lasts and nobody has said what its JVM is told."""
    file = layout.conf / "spark-lasting.conf"
    name = Path(submission.job or "").name
    lasts = name in _LAST and _LAST[name] not in submission.arguments
    theirs = submission.has("--driver-java-options") or _OPTIONS in properties(submission, layout.no_settings)
    return ["--driver-java-options", read(file)[_OPTIONS]] if lasts and not theirs and file.is_file() else []
