"""Where everything is that the set-up reads and makes."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Layout:
    """A checkout and its virtual environment, the only thing that is made in it."""

    home: Path
    venv: Path

    @property
    def conf(self) -> Path:
        """Settings, locks and the list of jars."""
        return self.home / "conf"

    @property
    def python(self) -> Path:
        """The Python that runs jobs and tests."""
        return self.venv / "bin" / "python"

    @property
    def own(self) -> Path:
        """Starling's folder in the virtual environment; it is there if and only if Starling made the environment."""
        return self.venv / "starling"

    @property
    def log(self) -> Path:
        """What pip and Ivy said during the last set-up."""
        return self.own / "setup.log"

    @property
    def jars(self) -> Path:
        """The resolved jars: spark/ for jobs, broker/ for the embedded Kafka."""
        return self.own / "jars"

    @property
    def classes(self) -> Path:
        """The archive of the classes that jobs start with, and what goes with it."""
        return self.own / "classes"

    @property
    def no_settings(self) -> Path:
        """An empty folder, Spark's folder of settings where the archive is used."""
        return self.classes / "no-settings"

    @property
    def java_stamp(self) -> Path:
        """Names the Java that was last seen to run."""
        return self.own / "java.stamp"

    @property
    def in_use(self) -> Path:
        """Locked, shared, by every job and test run for as long as it lives."""
        return self.own / "in-use"

    @property
    def lock(self) -> Path:
        """Locked by a set-up while it works; beside the environment, which a set-up may clear."""
        return self.venv.with_name(f"{self.venv.name}.lock")

    @property
    def pyspark(self) -> Path:
        """The Spark that came with the packages."""
        return next(self.venv.glob("lib/python3*/site-packages/pyspark"))


def layout(environ: Mapping[str, str]) -> Layout:
    """This checkout, with the environment that STARLING_VENV names, else .venv."""
    given = environ.get("STARLING_VENV")
    return Layout(CHECKOUT, Path(given).expanduser().absolute() if given else CHECKOUT / ".venv")
