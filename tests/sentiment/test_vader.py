"""VADER's scores are the reference's, bit for bit, on every real text there is."""

import pyarrow as pa
import pytest
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from samples import BUNDLED, every_text, wire_texts
from starling.sentiment import vader

ODD = ["", " ", "\n", "😀", "\x00", "not good", "NOT GOOD!!!", "a" * 10_000, "good but bad", ":) :(", "1e5 ½ ٣", "’"]


@pytest.fixture(scope="module")
def texts() -> list[str]:
    found = set(ODD) | wire_texts()
    for name in BUNDLED:
        found |= every_text(name)
    return sorted(found)


def test_every_score_equals_the_reference_s(texts: list[str]) -> None:
    reference = SentimentIntensityAnalyzer()
    assert len(texts) > 13_000
    given = [*texts, None, *texts[:50]]
    expected = [None if text is None else reference.polarity_scores(text) for text in given]
    assert vader.scores(pa.array(given)).to_pylist() == expected


def test_a_column_of_nulls_alone_is_scored_null() -> None:
    assert vader.scores(pa.array([None, None], pa.string())).to_pylist() == [None, None]


@pytest.mark.parametrize(
    ("compound", "expected"),
    [
        (1.0, "positive"),
        (0.05, "positive"),
        (0.0499, "neutral"),
        (0.0, "neutral"),
        (-0.0499, "neutral"),
        (-0.05, "negative"),
        (-1.0, "negative"),
        (None, None),
    ],
)
def test_a_label_begins_at_the_reference_s_thresholds(compound: float | None, expected: str | None) -> None:
    assert vader.labels(pa.array([compound], pa.float64())).to_pylist() == [expected]


def test_the_scorer_is_named_with_its_version() -> None:
    assert vader.SCORER == "vaderSentiment 3.3.2"
