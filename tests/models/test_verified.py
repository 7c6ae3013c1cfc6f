"""What is refused before it is loaded, on files made by hand in the shape in which MLflow and Spark write them."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from starling.models.verified import UnusableModelError, verify, write_manifest

PIPELINE = "sparkml/metadata/part-00000-aa-c000.txt"
STAGE = "sparkml/stages/0_KMeans_1/metadata/part-00000-bb-c000.txt"
DATA = "sparkml/stages/0_KMeans_1/data/part-00000-cc-c000.snappy.parquet"
MLMODEL = """\
flavors:
  python_function: {data: sparkml, loader_module: mlflow.spark}
  spark: {code: null, model_class: pyspark.ml.pipeline.PipelineModel, model_data: sparkml}
"""


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    _write(folder, "MLmodel", MLMODEL)
    _write(folder, PIPELINE, _metadata("org.apache.spark.ml.PipelineModel", "PipelineModel_1", stageUids=["KMeans_1"]))
    _write(folder, STAGE, _metadata("org.apache.spark.ml.clustering.KMeansModel", "KMeans_1", k=2))
    _write(folder, DATA, "PAR1 centres PAR1")
    return folder


def _metadata(kind: str, uid: str, **params: object) -> str:
    return (
        json.dumps({"class": kind, "uid": uid, "sparkVersion": "4.2.0", "paramMap": params, "defaultParamMap": {}})
        + "\n"
    )


def _write(folder: Path, name: str, text: str) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)


def test_the_files_that_were_registered_pass(model: Path) -> None:
    verify(model, write_manifest(model))


def _cut(model: Path) -> None:
    (model / DATA).write_bytes((model / DATA).read_bytes()[:-1])


def _remove(model: Path) -> None:
    (model / DATA).unlink()


def _add(model: Path) -> None:
    _write(model, "sparkml/stages/0_KMeans_1/data/part-00001-dd.snappy.parquet", "PAR1 more PAR1")


def _link(model: Path) -> None:
    (model / DATA).rename(model.parent / "elsewhere")
    (model / DATA).symlink_to(model.parent / "elsewhere")


def _list_again(model: Path) -> None:
    _cut(model)
    write_manifest(model)


def _unlist(model: Path) -> None:
    (model / "manifest.json").unlink()


@pytest.mark.parametrize(
    ("tamper", "said"),
    [
        (_cut, f"{DATA} is not what was registered"),
        (_remove, f"{DATA} is missing"),
        (_add, "part-00001-dd.snappy.parquet was not registered"),
        (_link, f"{DATA} is a link"),
        (_list_again, "manifest.json is not the one that was registered"),
        (_unlist, "manifest.json is missing"),
    ],
)
def test_files_that_are_not_what_was_registered_are_refused_by_name(
    model: Path, tamper: Callable[[Path], None], said: str
) -> None:
    digest = write_manifest(model)
    tamper(model)
    with pytest.raises(UnusableModelError, match=said):
        verify(model, digest)


@pytest.mark.parametrize(
    ("flavours", "said"),
    [
        ("{sklearn: {pickled_model: model.pkl}}", "names the flavours sklearn"),
        ("{python_function: {loader_module: mlflow.pyfunc.model, python_model: python_model.pkl}}", "python_function"),
        ("{python_function: {loader_module: evil}, spark: {model_data: sparkml}}", "names the loader evil"),
        ("{spark: {model_data: sparkml}, torch: {}}", "names the flavours spark, torch"),
        ("{spark: {model_data: sparkml, code: code}}", "brings code or data from elsewhere"),
        ("{python_function: {loader_module: mlflow.spark, code: c}, spark: {model_data: sparkml}}", "brings code"),
        ("{spark: {model_data: ../elsewhere}}", "brings code or data from elsewhere"),
        ("{}", "only Spark's own is loaded"),
    ],
)
def test_what_is_not_sparks_own_format_is_refused_even_where_it_was_registered_so(
    model: Path, flavours: str, said: str
) -> None:
    _write(model, "MLmodel", f"flavors: {flavours}\n")
    with pytest.raises(UnusableModelError, match=said):
        verify(model, write_manifest(model))


@pytest.mark.parametrize(
    ("file", "metadata", "said"),
    [
        (STAGE, _metadata("evil.Model", "KMeans_1"), "names the class evil.Model"),
        (STAGE, _metadata("pyspark.ml.evil.Model", "KMeans_1"), "names the class pyspark.ml.evil.Model"),
        (STAGE, _metadata("org.apache.spark.mllib.Model", "KMeans_1"), "names the class org.apache.spark.mllib.Model"),
        (STAGE, _metadata("org.apache.spark.ml.KMeansModel", "KMeans_1", language="Python"), "only stages of"),
        (
            PIPELINE,
            _metadata("org.apache.spark.ml.PipelineModel", "P", stageUids=["x/../../../evil"]),
            "outside the model",
        ),
        (STAGE, _metadata("org.apache.spark.ml.KMeansModel", "../x"), "outside the model"),
        (STAGE, "not JSON", "is not the metadata of a Spark stage"),
        (STAGE, '["class"]', "is not the metadata of a Spark stage"),
        (STAGE, _metadata("org.apache.spark.ml.KMeansModel", "K_1") + _metadata("evil.Model", "K_1"), "evil.Model"),
    ],
)
def test_a_stage_that_is_not_sparks_own_is_refused_even_where_it_was_registered_so(
    model: Path, file: str, metadata: str, said: str
) -> None:
    _write(model, file, metadata)
    with pytest.raises(UnusableModelError, match=said) as refused:
        verify(model, write_manifest(model))
    assert file in str(refused.value)


def test_a_model_without_metadata_is_refused(model: Path) -> None:
    (model / PIPELINE).unlink()
    (model / STAGE).unlink()
    with pytest.raises(UnusableModelError, match="sparkml has no metadata"):
        verify(model, write_manifest(model))
