"""Pictures of clusters."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure

from starling.models.clustering import Choice, Points


def topic_figures(
    topics: Sequence[Mapping[str, Any]], points: Points, choice: Choice
) -> dict[str, Callable[[], Figure]]:
    """By name."""
    return {}


def word_figures(
    clusters: Sequence[Mapping[str, Any]], points: Points, choice: Choice
) -> dict[str, Callable[[], Figure]]:
    """By name."""
    return {}
