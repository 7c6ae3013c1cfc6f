"""The model registry: versions, aliases, and models that are loaded only when they are what was registered."""

import json
import shutil
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from py4j.protocol import Py4JError
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from starling.errors import ModelError
from starling.failures import in_one_line
from starling.models import facts
from starling.models.facts import Facts
from starling.models.store import Store, for_spark, imported
from starling.models.trained import Loaded
from starling.models.verified import SPARK_FILES, UnusableModelError, verify
from starling.settings import Settings

CHAMPION, CHALLENGER = "champion", "challenger"
DIGEST_TAG = "starling.manifest_sha256"

_LAST_GOOD = "last_good.json"

# MLflow's own tables, read directly: its client takes seconds to import, and a running stream asks every few seconds.
# It keeps the row of a deleted version.
_ALIASED = "SELECT version FROM registered_model_aliases WHERE name = ? AND alias = ? AND workspace = 'default'"
_VERSIONS = (
    "SELECT version FROM model_versions "
    "WHERE name = ? AND current_stage <> 'Deleted_Internal' AND workspace = 'default' ORDER BY version"
)
_DIGEST = (
    "SELECT t.value FROM model_versions v LEFT JOIN model_version_tags t "
    "ON t.name = v.name AND t.version = v.version AND t.workspace = v.workspace AND t.key = ? "
    "WHERE v.name = ? AND v.version = ? AND v.current_stage <> 'Deleted_Internal' AND v.workspace = 'default'"
)


class NoSuchVersionError(ModelError):
    """A version that the registry does not have, or not any more."""


@dataclass(frozen=True)
class Fetched:
    """A version's files in the work folder, verified; `digest` tells it from every other model."""

    version: int
    folder: Path
    digest: str


class Registry:
    """The registry of the settings' MLflow. All that cannot be done is a ModelError.

    Versions are kept in `models` in the work folder, so that a registry that is gone stops nobody who has a champion.
    Without Spark, their files can be had and no pipeline.
    """

    def __init__(self, settings: Settings, spark: SparkSession | None, store: Store | None = None) -> None:
        self.store = store or Store(settings)
        self._spark = spark

    def champion_version(self, name: str) -> int | None:
        """The version that is champion now; None where there is none. Milliseconds on SQLite."""
        return self.aliased(name, CHAMPION)

    def aliased(self, name: str, alias: str) -> int | None:
        """The version that has an alias; None where none has it."""
        if not self._is_there(name):
            return None
        with self.store.asking(f"the {alias} of {name} cannot be looked up"):
            if self.store.sqlite:
                found = self.store.query(_ALIASED, name, alias)
                return int(found[0][0]) if found else None
            version = self._aliases(name).get(alias)
            return None if version is None else int(version)

    def versions(self, name: str) -> list[int]:
        """All versions, the oldest first."""
        if not self._is_there(name):
            return []
        with self.store.asking(f"the versions of {name} cannot be looked up"):
            if self.store.sqlite:
                return [int(row[0]) for row in self.store.query(_VERSIONS, name)]
            return sorted(int(one.version) for one in self.store.client.search_model_versions(f"name='{name}'"))

    def load(self, name: str, version: int | str) -> Loaded:
        """A version, by its number or its alias, verified before it is loaded. A champion is remembered as good."""
        fetched = self.fetched(name, self._number(name, version))
        loaded = self._loaded(name, fetched)
        if fetched.version == self.champion_version(name):
            self.remember(name, fetched)
        return loaded

    def fetched(self, name: str, version: int) -> Fetched:
        """The version's files, from the work folder where they are there and right, else from the registry."""
        fetched = Fetched(version, self._folder(name, version), self.digest(name, version))
        if fetched.folder.exists():
            try:
                verify(fetched.folder, fetched.digest)
            except (
                UnusableModelError
            ):  # damaged, or of a registry that was here before: the registry has the right ones
                shutil.rmtree(fetched.folder)
            else:
                return fetched
        self._download(name, fetched)
        return fetched

    def facts(self, name: str, version: int) -> Facts:
        """What a version says of itself, verified."""
        return facts.read(self.fetched(name, version).folder)

    def last_good(self, name: str) -> Loaded | None:
        """The champion that loaded last, from the work folder, verified again; None where there is none."""
        fetched = self.last_fetched(name)
        return None if fetched is None else self._loaded(name, fetched)

    def last_fetched(self, name: str) -> Fetched | None:
        """Its files alone."""
        try:
            kept = json.loads(self._record(name).read_bytes())
            fetched = Fetched(kept["version"], self._folder(name, kept["version"]), kept["sha256"])
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ModelError(f"{self._record(name)} cannot be read: {in_one_line(error)}") from error
        self._verify(name, fetched)
        return fetched

    def remember(self, name: str, fetched: Fetched) -> None:
        """Keeps in mind that a champion was good, for the time when the registry is gone."""
        record = self._record(name)
        new = record.with_name(f".{record.name}-{uuid.uuid4().hex}")
        new.write_text(json.dumps({"version": fetched.version, "sha256": fetched.digest}), encoding="utf-8")
        new.rename(record)

    def reload_problems(self, name: str, version: int) -> list[str]:
        """Why a version, loaded again, is not the model that was trained; empty when it is."""
        from starling.models import probe

        try:
            loaded = self.load(name, version)
            assert self._spark, "what loads a pipeline has Spark"
            return probe.read(self._folder(name, version)).differences(loaded.pipeline, self._spark)
        except UnusableModelError as error:
            return [str(error)]

    def register(self, name: str, run_id: str, source: str, digest: str) -> int:
        """Makes the artifacts at `source` the next version, and that version the challenger."""
        client = self.store.client
        if not client.search_registered_models(f"name='{name}'"):
            self._create(name)
        made = client.create_model_version(name, source, run_id, tags={DIGEST_TAG: digest})
        client.set_registered_model_alias(name, CHALLENGER, made.version)
        return int(made.version)

    def _create(self, name: str) -> None:
        from mlflow.exceptions import MlflowException

        try:
            self.store.client.create_registered_model(name)
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":  # by another training, since
                raise

    def make_champion(self, name: str, version: int) -> None:
        """Points the alias at a version, which is no challenger any more."""
        with self.store.asking(f"version {version} of {name} cannot be made champion"):
            self.store.client.set_registered_model_alias(name, CHAMPION, str(version))
            if self.aliased(name, CHALLENGER) == version:
                self.store.client.delete_registered_model_alias(name, CHALLENGER)

    def note(self, name: str, key: str, value: str) -> None:
        """Keeps a word on a model in the registry."""
        with self.store.asking(f"{name} cannot be tagged"):
            self.store.client.set_registered_model_tag(name, key, value)

    def noted(self, name: str, key: str) -> str | None:
        """What was kept under the key."""
        with self.store.asking(f"the tags of {name} cannot be read"):
            tags: Mapping[str, str] = self.store.client.get_registered_model(name).tags
        return tags.get(key)

    def digest(self, name: str, version: int) -> str:
        """The SHA-256 of a version's manifest, which tells it from every other model."""
        if not self._is_there(name):
            raise self._no_such(name, version)
        with self.store.asking(f"version {version} of {name} cannot be looked up"):
            found = self._digest_found(name, version)
        if found is None:
            raise UnusableModelError(
                f"{name} version {version} is refused: it has no manifest, so Starling never made it"
            )
        return found

    def _is_there(self, name: str) -> bool:
        """Whether there is a registry at all. Where there once was one, its absence is an outage."""
        if not self.store.sqlite or self.store.sqlite.exists():
            return True
        if self._record(name).exists():
            raise ModelError(
                f"MLflow at {self.store.shown}: the database is gone, and {name} had a champion: restore it, or remove "
                f"{self._cache / name} to forget that"
            )
        return False

    def _aliases(self, name: str) -> Mapping[str, str]:
        from mlflow.exceptions import MlflowException

        try:
            aliases: Mapping[str, str] = self.store.client.get_registered_model(name).aliases
        except MlflowException as error:
            if error.error_code == "RESOURCE_DOES_NOT_EXIST":
                return {}
            raise
        return aliases

    def _number(self, name: str, version: int | str) -> int:
        if isinstance(version, int):
            return version
        found = self.aliased(name, version)
        if found is None:
            raise ModelError(f"{name} has no {version}: train one, and promote it")
        return found

    def _digest_found(self, name: str, version: int) -> str | None:
        if self.store.sqlite:
            rows = self.store.query(_DIGEST, DIGEST_TAG, name, version)
            if not rows:
                raise self._no_such(name, version)
            return None if rows[0][0] is None else str(rows[0][0])
        from mlflow.exceptions import MlflowException

        try:
            tags: Mapping[str, str] = self.store.client.get_model_version(name, str(version)).tags
        except MlflowException as error:
            if error.error_code == "RESOURCE_DOES_NOT_EXIST":
                raise self._no_such(name, version) from error
            raise
        return tags.get(DIGEST_TAG)

    def _no_such(self, name: str, version: int) -> NoSuchVersionError:
        return NoSuchVersionError(
            f"MLflow at {self.store.shown} has no version {version} of {name}: it was never there, or was deleted"
        )

    def _download(self, name: str, wanted: Fetched) -> None:
        new = wanted.folder.with_name(f".{wanted.version}-{uuid.uuid4().hex}")
        try:
            with self.store.asking(
                f"the files of {name} version {wanted.version} cannot be fetched", UnusableModelError
            ):
                new.mkdir(parents=True, mode=0o700)
                source = self.store.client.get_model_version_download_uri(name, str(wanted.version))
                files = Path(
                    imported().artifacts.download_artifacts(
                        artifact_uri=source, dst_path=str(new), tracking_uri=self.store.uri
                    )
                )
            self._verify(name, replace(wanted, folder=files))
            if not wanted.folder.exists():  # else another process was faster
                files.rename(wanted.folder)
        finally:
            shutil.rmtree(new, ignore_errors=True)

    def _verify(self, name: str, fetched: Fetched) -> None:
        try:
            verify(fetched.folder, fetched.digest)
        except UnusableModelError as error:
            raise UnusableModelError(f"{name} version {fetched.version} is refused: {error}") from error

    def _loaded(self, name: str, fetched: Fetched) -> Loaded:
        from pyspark.ml import PipelineModel  # which brings SciPy, and a stream without a champion needs neither

        assert self._spark, "what loads a pipeline has Spark"
        files = fetched.folder / SPARK_FILES
        try:
            pipeline = PipelineModel.load(for_spark(self._spark, files))
        except (PySparkException, Py4JError) as error:
            raise UnusableModelError(
                f"{name} version {fetched.version} cannot be loaded from {fetched.folder}: {in_one_line(error)}"
            ) from error
        return Loaded(name, fetched.version, pipeline, facts.read(fetched.folder).card, files)

    @cached_property
    def _cache(self) -> Path:
        return self.store.work / "models"

    def _folder(self, name: str, version: int) -> Path:
        return self._cache / name / str(version)

    def _record(self, name: str) -> Path:
        return self._cache / name / _LAST_GOOD
