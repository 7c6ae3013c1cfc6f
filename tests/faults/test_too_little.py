"""Too little to learn from: said in one line, and nothing that scores posts is changed by it."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa
import pytest
from deltalake import write_deltalake
from pyspark.sql.pandas.types import to_arrow_schema

from faults.figures import Tally
from models.conversations import digest
from models.engagement.corpora import SEEN, made_up
from serving.lake import BY_NAME, Row
from serving.lake import post as silver_post
from starling import delta
from starling.errors import NotEnoughData
from starling.models.trained import ENGAGEMENT, TOPICS, WORDS
from starling.ops import promotions
from starling.settings import Settings
from starling.training.trainer import Trainer
from streams.shelf import Copy, Shelf

TOO_LITTLE = "training on 0, 1, identical and fewer distinct rows than clusters, null texts, one label, zero vectors"
PLANETS = [f"planet orbit {number}" for number in range(40)]
COMETS = [f"comet {number}" for number in range(20)]
NO_TEXTS = "0 distinct texts to learn from"
NOTHING_SHARED = "0 words that two of them share"
NOT_COUNTED = "no post with settled counts"
TOO_FEW = "(50 are needed)"


def told_in(texts: Sequence[str | None], tags: Callable[[int], Sequence[str]]) -> list[Row]:
    """Rows of silver.posts with these texts, and some likes."""
    return [
        silver_post(number, text=text, text_hash=digest(text), hashtags=list(tags(number)), likes=number % 3)
        for number, text in enumerate(texts)
    ]


def of_birds(**same: Any) -> list[Row]:
    return [{**silver_post(0), **one, **same} for one in made_up(400)]


CASES: dict[str, tuple[list[Row], dict[str, str]]] = {
    "no rows": ([], {TOPICS: NO_TEXTS, WORDS: NO_TEXTS, ENGAGEMENT: NOT_COUNTED}),
    "one row": (
        told_in(PLANETS[:1], lambda _: ["skya"]),
        {TOPICS: NOTHING_SHARED, WORDS: NOTHING_SHARED, ENGAGEMENT: "of 1 posts"},
    ),
    "identical rows": (
        told_in(PLANETS[:1] * 100, lambda _: ["skya"]),
        {TOPICS: NOTHING_SHARED, ENGAGEMENT: "of 100 posts"},
    ),
    "fewer distinct rows than clusters": (
        told_in([*PLANETS, *COMETS], lambda number: ["skya" if number < len(PLANETS) else "skyb"]),
        {TOPICS: "2 hashtags that differ", WORDS: "2 words that differ"},
    ),
    "null texts": (
        told_in([None] * 50, lambda _: ["skya"]),
        {TOPICS: NO_TEXTS, WORDS: NO_TEXTS, ENGAGEMENT: TOO_FEW},
    ),
    "zero vectors": (
        told_in(PLANETS, lambda number: [f"sky{'ab'[number % 2]}"]),
        {TOPICS: "none is with words that others are not with"},
    ),
    "zero vectors of words": (told_in(PLANETS, lambda _: []), {WORDS: "each of 2 words is in all of "}),
    "one label": (of_birds(likes=3), {ENGAGEMENT: "have all earned the same"}),
}


def fill(settings: Settings, rows: Sequence[Row]) -> None:
    """Makes silver of these rows alone. Its columns may be null here: a training must bear what no stream writes."""
    observed = [
        {"platform": "x", "post_id": row["post_id"], "observed_at": SEEN, "likes": row["likes"], "reposts": 0}
        for row in rows
    ]
    for name, those in (("silver.posts", rows), ("silver.engagement", observed)):
        strict = to_arrow_schema(BY_NAME[name].schema, timezone="UTC")
        schema = pa.schema([field.with_nullable(True) for field in strict])
        table = pa.Table.from_pylist([{column: row.get(column) for column in schema.names} for row in those], schema)
        write_deltalake(BY_NAME[name].path(settings.lake), table, mode="overwrite")


@pytest.mark.fault(21, TOO_LITTLE)
@pytest.mark.timeout(400)
def test_too_little_to_learn_from_is_said_and_leaves_the_champion_untouched(
    settings: Settings, registry: Copy, models: Shelf, tally: Tally
) -> None:
    registry.promote()
    fill(settings, [])
    trainer, tried = Trainer(models.spark, settings), 0
    for case, (rows, refused) in CASES.items():
        fill(settings, rows)
        for name, why in refused.items():
            with pytest.raises(NotEnoughData, match=r"^not enough data: ") as caught:
                trainer.train(name, "small", lambda _step: None)
            assert why in str(caught.value), f"{case}, {name}"
            tried += 1
    for name, versions in {TOPICS: [1], WORDS: [], ENGAGEMENT: [1]}.items():
        assert trainer.registry.versions(name) == versions
    assert trainer.registry.champion_version(TOPICS) == 1
    assert delta.read(models.spark, promotions.TABLE, settings.lake).isEmpty()
    assert ended(registry) == {("FAILED", True): tried}
    tally.bad_inputs(tried)


def ended(registry: Copy) -> Counter[tuple[str, bool]]:
    """How many of the trainings that were tried here ended so, and whether they say "not enough data"."""
    client = registry.registry.store.client
    runs = client.search_runs([one.experiment_id for one in client.search_experiments()])
    return Counter(
        (run.info.status, run.data.tags.get("starling.reason", "").startswith("not enough data: "))
        for run in runs
        if "starling.version" not in run.data.tags  # which the shelf's own have
    )
