"""Records and backlogs as large as they come: what is kept of a post is capped, and no heap overflows."""

import json
import os
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path

import pytest
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from faults.checked import is_whole, tell
from faults.figures import Tally
from kafka_rows import as_json, x_v2
from samples import BUNDLED, bundled_path, lines
from starling import delta
from starling.pipeline.accounts import accounts
from starling.silver import posts
from streams.lakes import Lake, Record
from streams.messages import post

ROOT = Path(__file__).parents[2]
# What conf/starling.toml says: limits.max_payload_bytes, limits.max_entities, stream.max_offsets_per_trigger.
MOST_BYTES, MOST_ENTITIES, MOST_A_BATCH = 1_000_000, 100, 20_000
MANY = 5_000
AT_ONCE = 50_000


@pytest.fixture
def older_lake(lake: Lake) -> Lake:
    """A lake whose posts' table was made before it said what was cut."""
    before = [field for field in posts.TABLE.schema if field.name != "entities_cut"]
    older = replace(posts.TABLE, schema=StructType(before))
    delta.create(lake.spark, older, lake.settings.lake)
    return lake


@pytest.mark.fault(14, "a record of 1 MB, a post of 5,000 hashtags, a long backlog in a driver of 1 GB")
def test_a_huge_record_is_taken_up_to_the_limit_and_of_thousands_of_hashtags_the_first_are_kept(
    older_lake: Lake, tally: Tally
) -> None:
    lake = older_lake
    tags = [f"tag{number}" for number in range(MANY)]
    largest = as_json(x_v2(id="1", text="a good day " + "x" * 990_000))
    largest += b" " * (MOST_BYTES - len(largest))
    entities = {
        "hashtags": [{"tag": tag} for tag in tags],
        "mentions": [{"username": f"user{number}"} for number in range(MANY)],
        "urls": [{"expanded_url": f"https://example.org/{number}"} for number in range(MANY)],
    }
    sent = [
        Record("x-v2", largest, "x:1"),
        Record("x-v2", largest + b" ", "x:one byte more"),
        post(id="2", text=" ".join(f"#{tag}" for tag in tags)),
        post(id="3", text="a good day", entities=entities),
        post(id="4", text=" ".join(f"@user{n} https://example.org/{n}" for n in range(MANY))),
        post(id="5", text=" ".join(f"#{tag}" for tag in tags[:MOST_ENTITIES])),
        post(id="6", text="#Tag7 " * MANY),
    ]
    lake.send(sent)
    lake.drain()

    rows = {row["post_id"]: row for row in lake.rows("silver.posts")}
    assert [len(rows["1"][name]) for name in ("text", "hashtags")] == [990_011, 0]
    found = {key: [len(row[name]) for name in ("hashtags", "mentions", "urls")] for key, row in rows.items()}
    most = MOST_ENTITIES
    assert found == {"1": [0, 0, 0], "2": [most, 0, 0], "3": [most] * 3, "4": [0, most, most], "5": [most, 0, 0],
                     "6": [1, 0, 0]}  # fmt: skip
    assert {key for key, row in rows.items() if row["sentiment_cut"]} == {"1", "2", "4", "6"}
    assert {key for key, row in rows.items() if row["entities_cut"]} == {"2", "3", "4"}
    assert {row["entities_cut"] for row in rows.values()} == {True, False}
    assert rows["2"]["hashtags"] == rows["3"]["hashtags"] == tags[:most]
    assert [row["hashtag"] for row in lake.rows("gold.hashtag_trends", "hashtag")] == sorted(tags[:most])
    assert lake.rows("silver.rejected", "key", "reason", "detail") == [
        {"key": "x:one byte more", "reason": "too_large", "detail": "1000001 bytes; limit 1000000"}
    ]
    is_whole(lake)
    tell(tally, lake, len(sent))
    tally.bad_inputs(len(sent))


def originals() -> Iterator[tuple[str, str, str]]:
    """Source, payload and id of every bundled post that is no repost."""
    for name in BUNDLED:
        for line in lines(bundled_path(name)):
            row = json.loads(line)
            if "data" not in row:
                if not row["is_retweet"]:
                    yield "x-archive", line, row["status_id"]
            elif all(other["type"] != "retweeted" for other in row["data"].get("referenced_tweets") or ()):
                yield "x-v2", line, row["data"]["id"]


def backlog(size: int) -> Iterator[Record]:
    """The bundled posts again and again, each time with an id that no other has."""
    for number, (source, line, post_id) in enumerate(islice(cycle(originals()), size)):
        new = f"9{number:018}"
        yield Record(source, line.replace(f'"{post_id}"', f'"{new}"').encode(), f"x:{new}")


def job(lake: Lake, *options: str) -> subprocess.CompletedProcess[str]:
    """jobs/stream.py as a user starts it, until it has drained the topic."""
    return subprocess.run(
        [str(ROOT / "spark-submit.sh"), *options, str(ROOT / "jobs" / "stream.py"), "--once"],
        env=os.environ | lake.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.mark.timeout(900)
@pytest.mark.fault(14, "a record of 1 MB, a post of 5,000 hashtags, a long backlog in a driver of 1 GB")
def test_a_long_backlog_is_drained_in_a_driver_of_1_gb(lake: Lake, pytestconfig: pytest.Config, tally: Tally) -> None:
    size = pytestconfig.getoption("--backlog")
    sending = backlog(size)
    while some := list(islice(sending, AT_ONCE)):
        lake.send(some)
    done = job(lake, "--driver-memory", "1g")
    assert done.returncode == 0, done.stdout
    assert "OutOfMemoryError" not in (Path(lake.settings.paths.work) / "logs" / "spark.log").read_text()

    entries = lake.rows("ops.batches", "batch_id", "records")
    a_batch = Counter()
    for entry in entries:
        a_batch[entry["batch_id"]] += entry["records"]
    assert max(a_batch.values()) <= MOST_A_BATCH
    assert len(a_batch) >= size / MOST_A_BATCH
    assert lake.ledger() == {**dict.fromkeys(lake.ledger(), 0), "records": size, "posts": size}
    assert accounts(lake.spark, lake.settings.lake).balanced
    counted = lake.table("silver.posts").agg(F.count_distinct("post_id"), F.min("post_id"), F.max("post_id")).first()
    assert tuple(counted) == (size, f"9{0:018}", f"9{size - 1:018}")
    tell(tally, lake, size)
