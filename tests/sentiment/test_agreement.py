"""VADER beside people's ratings."""

from pathlib import Path

import pytest

from starling.errors import ConfigError
from starling.sentiment.agreement import Agreement, Rated, agreement, read_ratings
from starling.sentiment.correction import CONFUSION

RATINGS = Path(__file__).parents[2] / "data" / "vader_rated_tweets.tsv"


@pytest.fixture(scope="module")
def rated() -> list[Rated]:
    return read_ratings(RATINGS)


def test_the_rated_tweets_are_read_as_they_are_written(rated: list[Rated]) -> None:
    assert len(rated) == 4200
    assert rated[1] == Rated(1.443298969, "Yay. Another good phone interview.")
    assert min(one.rating for one in rated) >= -4 <= max(one.rating for one in rated) <= 4


def test_the_correction_rests_on_the_agreement_that_is_measured_now(rated: list[Rated]) -> None:
    found = agreement(rated)
    assert found.confusion == CONFUSION
    assert found.texts == 4200
    assert round(found.correlation, 4) == 0.8722


def test_texts_are_counted_by_what_people_and_vader_call_them() -> None:
    texts = {"great": 0.6249, "terrible": -0.4767, "table": 0.0, "okay": 0.2263}
    rows = [(2.0, "great"), (0.19, "great"), (0.2, "table"), (-0.2, "terrible"), (-0.19, "table"), (-1.0, "okay")]
    found = agreement([Rated(*row) for row in rows])
    assert found.confusion == ((1, 1, 0), (1, 1, 0), (1, 0, 1))
    # Pearson's r by its definition
    xs, ys = [rating for rating, _ in rows], [texts[text] for _, text in rows]
    mx, my = sum(xs) / 6, sum(ys) / 6
    over = sum((x - mx) * (y - my) for x, y in zip(xs, ys, strict=True))
    under = (sum((x - mx) ** 2 for x in xs) * sum((y - my) ** 2 for y in ys)) ** 0.5
    assert found.correlation == pytest.approx(over / under)


def test_accuracy_recall_and_precision_are_read_off_the_confusion_matrix() -> None:
    found = Agreement(texts=20, correlation=0.5, confusion=((5, 2, 1), (3, 4, 0), (1, 1, 3)))
    assert found.accuracy == 12 / 20
    assert [found.recall(label) for label in ("positive", "neutral", "negative")] == [5 / 8, 4 / 7, 3 / 5]
    assert [found.precision(label) for label in ("positive", "neutral", "negative")] == [5 / 9, 4 / 7, 3 / 4]


@pytest.mark.parametrize("line", ["1\t2.0", "1\tmuch\ta text", "1 2.0 a text"])
def test_a_file_of_another_kind_is_named_with_its_line(tmp_path: Path, line: str) -> None:
    path = tmp_path / "ratings.tsv"
    path.write_text(f"1\t2.0\tfine\n{line}\n")
    with pytest.raises(ConfigError, match=r"ratings\.tsv, line 2: wanted id, rating and text"):
        read_ratings(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.tsv: the rated texts cannot be read: No such file"):
        read_ratings(tmp_path / "none.tsv")
