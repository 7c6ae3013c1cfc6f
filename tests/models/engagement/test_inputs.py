"""What the pipeline reads of a post, said without Spark: equal to what Spark says of it."""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

import numpy as np
import pytest
from pyspark.ml.feature import SQLTransformer
from pyspark.sql import Row, SparkSession

from samples import BUNDLED, every_text
from starling.models.engagement.features import INPUTS, RECORD, TERMS, with_inputs
from starling.models.engagement.inputs import Known, inputs_of, scaled
from starling.models.engagement.stages import SCALING

SCHEMA = (
    "text string, created_at timestamp, hashtags array<string>, mentions array<string>, urls array<string>, "
    "platform string, lang string, is_reply boolean, is_quote boolean, followers long, compound double, pos double, "
    "neg double, author_posts long, author_settled_posts long, author_mean_log double, terms array<string>"
)
SUNDAY = datetime(2021, 6, 6, 23, 59, tzinfo=timezone.utc)
ODD = [
    "",
    "@",
    "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"),
    "\x00\x01\x7f\x85\u2028\n\r\n\n",
    "\u202e\u05d0\u05d1 1\u0663\u0967 \u01c5\u2167\u24b6\u00aa\u0130\u00df",
    "\U0001f1e6\U0001f1ff \u2600\u27bf\u2800 \U0001faff \U0001f2ff",
    "\U00010400\U00010428\U0001d7ce\U00020000",
    "a" * 100_000,
    "é!?" * 33_333,
]


def _known(text: str, number: int) -> Known:
    known = number % 3 > 0
    return Known(
        text=text,
        created_at=SUNDAY + timedelta(hours=5 * number),
        hashtags=["kite", "lark"][: number % 3],
        mentions=["ann"] * (number % 2),
        urls=["https://a.test", "https://x.test/s/1/Photo/1", "HTTPS://YOUTU.BE", "http://\u0130nstagram.com"][
            : number % 5
        ],
        platform="x",
        lang="en",
        is_reply=number % 2 == 0,
        is_quote=number % 4 == 0,
        followers=number * 37 if known else None,
        compound=0.25 if known else None,
        pos=0.5 if known else None,
        neg=0.0 if known else None,
        author_posts=number,
        author_settled_posts=number // 2,
        author_mean_log=number / 7 if known else None,
        terms=["kite", "#lark"][: number % 3],
    )


@pytest.fixture(scope="module")
def posts() -> list[Known]:
    """All bundled texts, and odd ones."""
    texts = [*ODD, *sorted({text for name in BUNDLED for text in every_text(name)})]
    return [_known(text, number) for number, text in enumerate(texts)]


@pytest.fixture(scope="module")
def by_spark(spark: SparkSession, posts: Sequence[Known]) -> list[Row]:
    """What Spark says of each, in their order."""
    names = [part.split()[0] for part in SCHEMA.split(", ")]
    rows = [tuple(getattr(post, name) for name in names) for post in posts]
    frame = spark.createDataFrame([(*row, place) for place, row in enumerate(rows)], f"{SCHEMA}, place long")
    return SQLTransformer(statement=SCALING).transform(with_inputs(frame)).orderBy("place").collect()


def _differing(name: str, ours: Sequence[Any], theirs: Sequence[Row]) -> list[tuple[Any, Any]]:
    pairs = [(mine, row[name]) for mine, row in zip(ours, theirs, strict=True)]
    return [pair for pair in pairs if pair[0] != pair[1]][:5]


@pytest.mark.parametrize("name", INPUTS)
def test_each_input_is_what_spark_says(posts: Sequence[Known], by_spark: list[Row], name: str) -> None:
    assert len(posts) > 10_000
    assert _differing(name, [inputs_of(post)[name] for post in posts], by_spark) == []


def test_the_scaled_columns_are_what_the_first_stage_says(posts: Sequence[Known], by_spark: list[Row]) -> None:
    found = scaled([inputs_of(post) for post in posts])
    names = {name for name in by_spark[0].asDict() if name.endswith("_number") or name.startswith(("log_", "no_"))}
    assert names < set(found)
    for name in sorted(names):
        theirs = np.array([math.nan if row[name] is None else row[name] for row in by_spark])
        # The JVM's logarithm is the C library's but for a last bit now and then.
        tolerance = 4e-16 if name.startswith("log_") else 0.0
        np.testing.assert_allclose(found[name], theirs, rtol=tolerance, atol=0.0, err_msg=name)
    assert _differing("categories", found["categories"], by_spark) == []
    assert _differing(TERMS, found[TERMS], by_spark) == []


def test_a_post_with_the_same_text_is_told_the_same_but_for_the_rest() -> None:
    one, other = _known("Kites! @ann", 4), _known("Kites! @ann", 7)
    alike = Known(**{**vars(other), "hashtags": one.hashtags, "mentions": one.mentions, "urls": one.urls})
    assert inputs_of(alike, inputs_of(one)) == inputs_of(alike)
    assert inputs_of(alike)["sent_hour"] != inputs_of(one)["sent_hour"]


def test_every_input_is_said_and_no_more() -> None:
    assert set(inputs_of(_known("Kite", 1))) == set(INPUTS)
    assert set(RECORD) < set(INPUTS)
