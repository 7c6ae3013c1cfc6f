"""What is kept of a training in its MLflow run, and its model in the registry."""

import re
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pyspark
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from pyspark.sql import SparkSession

import starling
from starling.failures import in_one_line
from starling.models import probe
from starling.models.checkout import commit
from starling.models.facts import Facts
from starling.models.registry import Registry
from starling.models.store import imported, in_batches, is_local, masked
from starling.models.trained import Evaluated, Interval, Trained, Trial
from starling.models.verified import write_manifest
from starling.settings import Settings

if TYPE_CHECKING:
    from mlflow.entities import DatasetInput

MODEL_PATH = "model"
FIGURES_PATH = "figures"
# MLflow's own limits.
_LONGEST_PARAM = 6_000
_PARAMS_PER_BATCH = 100
_METRICS_PER_BATCH = 800


@dataclass(frozen=True)
class Recorded:
    """A training's run, and the version that its model became. `problems` are pictures that could not be drawn."""

    run_id: str
    version: int
    problems: Sequence[str] = ()


@dataclass(frozen=True)
class Training:
    """A run that is going on."""

    run_id: str
    experiment_id: str
    tags: Mapping[str, str]
    settings: Settings
    registry: Registry
    spark: SparkSession

    def record(
        self, trained: Trained, tables: Mapping[str, int], against: tuple[int, Interval] | None = None
    ) -> Recorded:
        """Keeps all of a training, and registers its model as the next version, the challenger.

        `tables` are the Delta tables that were read with their versions; `against` is the champion that it was compared
        with, and by how much it is better. Raises ModelError where MLflow cannot be written to.
        """
        store = self.registry.store
        with store.asking(f"the training of {trained.name} cannot be recorded"), self._scratch() as folder:
            self._describe(trained.params, _metrics(trained, against), tables)
            for trial in trained.trials:
                self._nest(trial)
            problems = _draw(trained.figures, folder / FIGURES_PATH)
            digest = self._save(trained, self._facts(trained, tables, against), folder / MODEL_PATH)
            store.client.log_artifacts(self.run_id, str(folder))
            source = f"{store.client.get_run(self.run_id).info.artifact_uri}/{MODEL_PATH}"
            version = self.registry.register(trained.name, self.run_id, source, digest)
            store.client.set_tag(self.run_id, "starling.version", str(version))
        return Recorded(self.run_id, version, problems)

    def evaluated(self, found: Evaluated, tables: Mapping[str, int]) -> Sequence[str]:
        """Keeps an evaluation of what was not trained; returns the pictures that could not be drawn."""
        store = self.registry.store
        with store.asking(f"the evaluation {found.name} cannot be recorded"), self._scratch() as folder:
            self._describe(found.params, found.metrics, tables)
            problems = _draw(found.figures, folder / FIGURES_PATH)
            store.client.log_artifacts(self.run_id, str(folder))
        return problems

    @contextmanager
    def _scratch(self) -> Iterator[Path]:
        place = self.registry.store.folder / "tmp"
        place.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=place) as folder:
            (Path(folder) / "run").mkdir()
            yield Path(folder) / "run"

    def _describe(self, params: Mapping[str, object], metrics: Mapping[str, float], tables: Mapping[str, int]) -> None:
        """The run's params, those that every training has first, its metrics, and the tables that it read."""
        versions = {f"{name} version": version for name, version in tables.items()}
        always = {"seed": self.settings.models.seed, "code": starling.__version__, **versions}
        self._log(self.run_id, {**always, **params}, metrics)
        self.registry.store.client.log_inputs(self.run_id, self._datasets(tables))

    def _facts(self, trained: Trained, tables: Mapping[str, int], against: tuple[int, Interval] | None) -> Facts:
        return Facts(
            name=trained.name,
            run_id=self.run_id,
            card=trained.card,
            leads=trained.leads,
            metrics=trained.metrics,
            tables=tables,
            seed=self.settings.models.seed,
            git_commit=commit(),
            code_version=starling.__version__,
            against=against,
        )

    def _log(self, run_id: str, params: Mapping[str, object], metrics: Mapping[str, float]) -> None:
        from mlflow.entities import Metric, Param

        client, now = self.registry.store.client, int(time.time() * 1000)
        values = [Metric(_key(name), float(value), now, 0) for name, value in metrics.items()]
        said = [
            Param(_key(name), self.registry.store.scrubbed(str(value))[:_LONGEST_PARAM])
            for name, value in params.items()
        ]
        for some in in_batches(values, _METRICS_PER_BATCH):
            client.log_batch(run_id, metrics=some)
        for few in in_batches(said, _PARAMS_PER_BATCH):
            client.log_batch(run_id, params=few)

    def _nest(self, trial: Trial) -> None:
        client = self.registry.store.client
        tags = {**self.tags, "mlflow.parentRunId": self.run_id}
        run = client.create_run(self.experiment_id, tags=tags, run_name=trial.name)
        self._log(run.info.run_id, trial.params, trial.metrics)
        client.set_terminated(run.info.run_id)

    def _datasets(self, tables: Mapping[str, int]) -> list["DatasetInput"]:
        """The tables, as MLflow names what a run has read."""
        from mlflow.data.delta_dataset_source import DeltaDatasetSource
        from mlflow.entities import Dataset, DatasetInput, InputTag

        found = []
        for name, version in tables.items():
            path = f"{masked(self.settings.lake)}/{name.replace('.', '/')}"
            source = DeltaDatasetSource(path=path, delta_table_version=version)
            dataset = Dataset(name, f"version-{version}", "delta_table", source.to_json())
            found.append(DatasetInput(dataset, [InputTag("mlflow.data.context", "training")]))
        return found

    def _save(self, trained: Trained, about: Facts, folder: Path) -> str:
        """Writes the model with its card, its probe and its manifest, whose digest is returned."""
        mlflow = imported()
        from mlflow.models import Model
        from mlflow.models.signature import infer_signature

        asked = probe.make(trained.pipeline, trained.example, trained.outputs, self.spark)
        example = self.spark.createDataFrame(trained.example)
        mlflow.spark.save_model(
            trained.pipeline,
            str(folder),
            mlflow_model=Model(artifact_path=MODEL_PATH, run_id=self.run_id),
            signature=infer_signature(example, trained.pipeline.transform(example).select(*trained.outputs)),
            input_example=trained.example,
            # Given, because MLflow would otherwise start a process that loads the model, to see what it imports.
            pip_requirements=[f"mlflow=={mlflow.__version__}", f"pyspark=={pyspark.__version__}"],
            dfs_tmpdir=str(folder.parent.parent / "spark") if is_local(self.spark) else None,
        )
        for path in [*folder.rglob(".*.crc"), *folder.rglob("_SUCCESS")]:
            path.unlink()  # Hadoop's own checksums and marks, each a request more where artifacts are far away
        asked.write(folder)
        about.write(folder)
        return write_manifest(folder)


def _draw(figures: Mapping[str, Callable[[], Figure]], folder: Path) -> list[str]:
    """Draws the figures; one that fails is a problem to tell, and not worth the training."""
    folder.mkdir()
    problems = []
    for name, figure in figures.items():
        try:
            FigureCanvasAgg(figure()).print_figure(folder / f"{name}.png", format="png")
        except Exception as error:
            problems.append(f"figure {name}: {in_one_line(error)}")
    return problems


def _metrics(trained: Trained, against: tuple[int, Interval] | None) -> dict[str, float]:
    """The metrics, and the leads as metrics too; the UI groups those whose names begin alike."""
    leads = {**trained.leads, **({"champion": against[1]} if against else {})}
    bounds = {
        f"lead/{name}{end}": value
        for name, lead in leads.items()
        for end, value in (("", lead.estimate), (" low", lead.low), (" high", lead.high))
    }
    return {**trained.metrics, **bounds}


def _key(name: str) -> str:
    """A name with what MLflow refuses in one left out.

    >>> _key("author's mean (R²)")
    'authors mean R²'
    """
    return re.sub(r"[^/\w.\- :]", "", name)
