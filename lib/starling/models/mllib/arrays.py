"""What the stages of a saved pipeline do with columns, in numpy: the same as in Spark, to the rounding of sums."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from starling.errors import ModelError
from starling.models.coherence import Floats, word_counts
from starling.models.mllib.forest import Forest, predictions, shares_of_one
from starling.models.mllib.saved import Stage

# By name, an array with a number a row, NaN where it is not known, or a vector a row; or a list of the words of each.
Columns = Mapping[str, Any]
Step = Callable[[Columns], dict[str, Floats]]


def step(stage: Stage) -> Step:
    """The columns that the stage adds to those that it is given. Raises ModelError for a kind that is not known."""
    make = _KINDS.get(stage.kind)
    if make is None:
        raise ModelError(f"a stage of the kind {stage.kind} cannot be applied without Spark")
    return make(stage)


def inputs(saved: Sequence[Stage]) -> list[str]:
    """The columns that the stages read and do not make."""
    read, made = (
        [name for stage in saved for key in keys for name in np.atleast_1d(stage.params.get(key, [])).tolist()]
        for keys in (("inputCol", "inputCols", "featuresCol"), ("outputCol", "outputCols", "predictionCol"))
    )
    return [name for name in dict.fromkeys(read) if name not in made]


def applied(columns: Columns, steps: Sequence[Step]) -> Columns:
    """The columns, and those that the steps add one after the other."""
    for one in steps:
        columns = {**columns, **one(columns)}
    return columns


def _imputer(stage: Stage) -> Step:
    fill = stage.learnt_row()
    names = [*zip(stage.params["inputCols"], stage.params["outputCols"], strict=True)]
    return lambda columns: {new: np.where(np.isnan(columns[name]), fill[name], columns[name]) for name, new in names}


def _counting(stage: Stage) -> Step:
    place = {word: number for number, word in enumerate(stage.learnt_row()["vocabulary"])}
    name, new = stage.params["inputCol"], stage.params["outputCol"]
    return lambda columns: {new: word_counts(columns[name], place).toarray()}


def _idf(stage: Stage) -> Step:
    weights = dense(stage.learnt_row()["idf"])
    name, new = stage.params["inputCol"], stage.params["outputCol"]
    return lambda columns: {new: columns[name] * weights}


def _assembler(stage: Stage) -> Step:
    names, new = stage.params["inputCols"], stage.params["outputCol"]
    return lambda columns: {new: np.column_stack([columns[name] for name in names])}


def _line(stage: Stage) -> Step:
    line = stage.learnt_row()
    coefficients, intercept = dense(line["coefficients"]), line["intercept"]
    name, new = stage.params["featuresCol"], stage.params["predictionCol"]
    return lambda columns: {new: columns[name] @ coefficients + intercept}


def _regressor(stage: Stage) -> Step:
    forest = Forest.of(stage.learnt(), predictions)
    name, new = stage.params["featuresCol"], stage.params["predictionCol"]
    return lambda columns: {new: forest.mean(columns[name])}


def _classifier(stage: Stage) -> Step:
    """Of two classes: a vector of the chances of 0 and of 1."""
    forest = Forest.of(stage.learnt(), shares_of_one)
    name, new = stage.params["featuresCol"], stage.params["probabilityCol"]

    def chances(columns: Columns) -> dict[str, Floats]:
        ones = forest.mean(columns[name])
        return {new: np.column_stack([1 - ones, ones])}

    return chances


def dense(vector: Mapping[str, Any]) -> Floats:
    """A saved vector's numbers. MLlib keeps a vector with many zeros as the places and values of the others."""
    if vector["indices"] is None:
        return np.array(vector["values"], float)
    found = np.zeros(vector["size"])
    found[vector["indices"]] = vector["values"]
    return found


_KINDS: Mapping[str, Callable[[Stage], Step]] = {
    "ImputerModel": _imputer,
    "CountVectorizerModel": _counting,
    "IDFModel": _idf,
    "VectorAssembler": _assembler,
    "LinearRegressionModel": _line,
    "RandomForestRegressionModel": _regressor,
    "RandomForestClassificationModel": _classifier,
}
