"""What the batch adds to the rules: nulls, slices, types, and that no text knows of the one beside it."""

import random

import pyarrow as pa
import pytest

from sentiment.oracle import reference
from starling.sentiment import columnar
from starling.sentiment.columnar import _sums

NOTHING = {"compound": 0.0, "pos": 0.0, "neu": 0.0, "neg": 0.0}


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()])
def test_a_null_has_no_scores_and_a_text_without_words_has_zeros(kind: pa.DataType) -> None:
    texts = pa.array([None, "good", None, "", " \n", "bad", None], kind)
    expected = [None, reference("good"), None, NOTHING, NOTHING, reference("bad"), None]
    assert columnar.scores(texts).to_pylist() == expected


@pytest.mark.parametrize("texts", [[], [None], [None, None], [""], ["\x1c"], ["table"]])
def test_a_batch_without_a_word_of_the_lexicon_is_a_batch(texts: list[str | None]) -> None:
    expected = [None if text is None else reference(text) for text in texts]
    assert columnar.scores(pa.array(texts, pa.string())).to_pylist() == expected


def test_a_part_of_an_array_is_scored_as_if_it_were_the_whole() -> None:
    texts = pa.array(["never so great!!!", "not good!", None, "GREAT but bad? ?", "kind of 😂 good", "sad"])
    assert columnar.scores(texts[1:5]).to_pylist() == columnar.scores(texts).to_pylist()[1:5]


@pytest.mark.parametrize(
    "before", ["not", "very", "no", "least", "never so", "the", "yeah", "kind", "GREAT", "but", "!!!", "n"]
)
@pytest.mark.parametrize("after", ["good", "of good", "shit", "right", "bad", "'t good", "?"])
def test_a_text_says_the_same_whatever_stands_before_and_after_it(before: str, after: str) -> None:
    texts = [before, after, before]
    assert columnar.scores(pa.array(texts)).to_pylist() == [reference(text) for text in texts]


def test_the_scores_are_columns_of_doubles() -> None:
    scored = columnar.scores(pa.array(["good"]))
    assert scored.type == pa.struct([(name, pa.float64()) for name in ("compound", "pos", "neu", "neg")])


def test_valences_are_summed_as_python_sums_them() -> None:
    # From Python 3.12 on, that is not one addition after the other.
    rng = random.Random(3)
    rows = [[rng.choice((0.1, -1.9, 2.85, 1e16, -1e16, 0.293)) for _ in range(rng.randint(0, 9))] for _ in range(500)]
    values, texts = zip(*((value, text) for text, row in enumerate(rows) for value in row), strict=True)
    found = _sums(pa.array(values).to_numpy(), pa.array(texts).to_numpy(), len(rows))
    assert found.tolist() == [float(sum(row)) for row in rows]
