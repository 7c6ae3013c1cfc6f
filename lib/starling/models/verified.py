"""What must hold of a registered model's files before any of them is loaded, because to load a model is to run it."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from starling.errors import ModelError


class UnusableModelError(ModelError):
    """A registered model that must not, or cannot, be loaded."""


MANIFEST = "manifest.json"
_MLMODEL = "MLmodel"
SPARK_FILES = "sparkml"  # where MLflow's Spark flavour keeps what Spark has written
_SPARK_CLASS = re.compile(r"org\.apache\.spark\.ml\.[A-Za-z0-9_.]+")
# A stage is read from the folder that its uid names, so that a uid must not lead out of the model.
_UID = re.compile(r"[A-Za-z0-9_-]+")


def write_manifest(folder: Path) -> str:
    """Lists every file of the folder with its SHA-256 in `manifest.json`; returns the SHA-256 of that list."""
    listed = {name: _sha256(path) for name, path in _files(folder).items() if name != MANIFEST}
    (folder / MANIFEST).write_text(json.dumps({"sha256": listed}, indent=1, sort_keys=True), encoding="utf-8")
    return _sha256(folder / MANIFEST)


def verify(folder: Path, digest: str) -> None:
    """Raises UnusableModelError, which names the file, unless the folder is what `write_manifest` saw, and is safe."""
    _check_manifest(folder, digest)
    _check_flavour(folder)
    _check_stages(folder / SPARK_FILES)


def _check_manifest(folder: Path, digest: str) -> None:
    files = _files(folder)
    if MANIFEST not in files:
        raise UnusableModelError(f"{MANIFEST} is missing")
    if _sha256(files.pop(MANIFEST)) != digest:
        raise UnusableModelError(f"{MANIFEST} is not the one that was registered")
    listed: Mapping[str, str] = json.loads((folder / MANIFEST).read_bytes())["sha256"]
    for name in sorted(listed.keys() | files.keys()):
        if name not in files:
            raise UnusableModelError(f"{name} is missing")
        if name not in listed:
            raise UnusableModelError(f"{name} was not registered")
        if _sha256(files[name]) != listed[name]:
            raise UnusableModelError(f"{name} is not what was registered: its SHA-256 differs")


def _check_flavour(folder: Path) -> None:
    """Spark's own format alone: the other ones are pickles, or name code that is run."""
    import yaml  # type: ignore[import-untyped]  # comes with MLflow

    described = yaml.safe_load((folder / _MLMODEL).read_text(encoding="utf-8"))
    flavours: Mapping[str, Mapping[str, Any]] = described.get("flavors") or {}
    generic = flavours.get("python_function", {})
    if set(flavours) - {"spark", "python_function"} or "spark" not in flavours:
        raise UnusableModelError(
            f"{_MLMODEL} names the flavours {', '.join(sorted(flavours))}: only Spark's own is loaded"
        )
    if generic.get("loader_module", "mlflow.spark") != "mlflow.spark":
        raise UnusableModelError(f"{_MLMODEL} names the loader {generic['loader_module']}: only Spark's own is used")
    if any(flavour.get("code") for flavour in flavours.values()) or flavours["spark"]["model_data"] != SPARK_FILES:
        raise UnusableModelError(f"{_MLMODEL} brings code or data from elsewhere")


def _check_stages(folder: Path) -> None:
    """PySpark imports whatever class the metadata of a stage names."""
    described = 0
    for name, path in _files(folder).items():
        if path.parent.name != "metadata" or path.name.startswith(("_", ".")):
            continue
        for line in filter(str.strip, path.read_text(encoding="utf-8").split("\n")):
            _check_stage(f"{SPARK_FILES}/{name}", line)
            described += 1
    if not described:
        raise UnusableModelError(f"{SPARK_FILES} has no metadata")


def _check_stage(name: str, line: str) -> None:
    try:
        stage = json.loads(line)
        kind, params = stage["class"], stage["paramMap"]
        uids = [stage["uid"], *params.get("stageUids", [])]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UnusableModelError(f"{name} is not the metadata of a Spark stage") from error
    if not _SPARK_CLASS.fullmatch(str(kind)) or "language" in params:
        raise UnusableModelError(f"{name} names the class {kind}: only stages of org.apache.spark.ml are loaded")
    if not all(_UID.fullmatch(str(uid)) for uid in uids):
        raise UnusableModelError(f"{name} names a stage outside the model")


def _files(folder: Path) -> dict[str, Path]:
    """Every file below the folder by its path in it."""
    return {path.relative_to(folder).as_posix(): path for path in _below(folder)}


def _below(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_symlink():
            raise UnusableModelError(f"{path.relative_to(folder).as_posix()} is a link")
        if path.is_file():
            yield path


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
