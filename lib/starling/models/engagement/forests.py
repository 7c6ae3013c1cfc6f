"""The two random forests (Breiman 2001) of the model, and the settings that are tried."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TypeVar

from pyspark.ml.classification import RandomForestClassificationModel, RandomForestClassifier
from pyspark.ml.functions import vector_to_array
from pyspark.ml.regression import RandomForestRegressionModel, RandomForestRegressor
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from starling.models.clustering import Grid
from starling.models.engagement.stages import FEATURES, LABEL

TOP_QUARTER = "top_quarter"
PREDICTED, CHANCES = "predicted_log_engagement", "top_quarter_chances"
# Trees of the model, and of what is only tried.
TREES, FEW_TREES = 50, 12
# Followers span seven orders of magnitude, and MLlib's default of 32 bins is too coarse for them: by folds of the
# bundled posts' training rows that are later too, R² is 0.47 with 32, 0.50 with 64, and no more with 256.
_BINS = 64
_MEMORY_MB = 512


@dataclass(frozen=True)
class Setting:
    """How a tree grows: levels, posts that a leaf needs, and the share of the features that each split is chosen of."""

    depth: int
    least_posts: int
    share: float

    @property
    def name(self) -> str:
        """As runs are named.

        >>> Setting(8, 2, 0.33).name
        'depth 8, 2 posts, 0.33 of the features'
        """
        return f"depth {self.depth}, {self.least_posts} posts, {self.share} of the features"

    @property
    def params(self) -> dict[str, object]:
        """By name."""
        return asdict(self)


# Each level doubles what MLlib moves between its stages; by folds of the bundled posts' training rows R² is 0.50 with
# eight levels, and no more with sixteen.
GRIDS: Mapping[Grid, Sequence[Setting]] = {
    "small": (Setting(6, 5, 0.33), Setting(8, 2, 0.33)),
    "full": tuple(Setting(depth, least, 0.33) for depth in (5, 7, 9) for least in (2, 5)),
}


def fit_regressor(
    rows: DataFrame,
    setting: Setting,
    trees: int,
    seed: int,
    *,
    label: str = LABEL,
    features: str = FEATURES,
    output: str = PREDICTED,
) -> RandomForestRegressionModel:
    """Predicts the label from the features into the output, a double."""
    forest = RandomForestRegressor(featuresCol=features, labelCol=label, predictionCol=output, seed=seed)
    fitted: RandomForestRegressionModel = _grown(forest, setting, trees).fit(rows)
    return fitted


def fit_classifier(
    rows: DataFrame, setting: Setting, trees: int, seed: int, *, features: str = FEATURES, output: str = CHANCES
) -> RandomForestClassificationModel:
    """Puts the chances of 0 and of 1 into the output, a vector. Reads: the features, top_quarter."""
    forest = RandomForestClassifier(featuresCol=features, labelCol=TOP_QUARTER, probabilityCol=output, seed=seed)
    forest = forest.setPredictionCol(f"{output}_class").setRawPredictionCol(f"{output}_votes")
    fitted: RandomForestClassificationModel = _grown(forest, setting, trees).fit(rows)
    return fitted


def chance(chances: str) -> Column:
    """double [0, 1]: the chance of 1."""
    return vector_to_array(F.col(chances))[1]


_Forest = TypeVar("_Forest", RandomForestRegressor, RandomForestClassifier)


def _grown(forest: _Forest, setting: Setting, trees: int) -> _Forest:
    forest = forest.setNumTrees(trees).setMaxDepth(setting.depth).setMinInstancesPerNode(setting.least_posts)
    return forest.setFeatureSubsetStrategy(str(setting.share)).setMaxBins(_BINS).setMaxMemoryInMB(_MEMORY_MB)
