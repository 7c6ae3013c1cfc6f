"""Sources that change what they send, and streams that are told to read something else."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrame

from faults.checked import is_whole, tell, versions
from faults.figures import Tally
from kafka_rows import as_json, x_archive, x_v2
from starling.errors import CheckpointError, StreamError
from starling.kafka import spark_options
from starling.settings import Kafka
from streams.lakes import Lake, Record
from streams.messages import post

V2, ARCHIVE = "x-v2", "x-archive"
METRICS = x_v2()["data"]["public_metrics"]


def renamed(document: dict, old: str, new: str) -> dict:
    """The document with another name for a field, wherever it is."""
    return json.loads(json.dumps(document).replace(f'"{old}":', f'"{new}":'))


# What a source may add without harm, on each level of a message.
MORE: dict[str, Any] = {
    "note_tweet": {"text": "a longer text", "entities": {"hashtags": [{"tag": "other"}]}},
    "edit_history_tweet_ids": ["1", "2"],
    "withheld": None,
    "score": 0.5,
    "delete_after": {"tweet": {"id": "1"}},
    "public_metrics": {**METRICS, "bookmark_count": 9, "impression_count": 10**12},
    "entities": {
        "hashtags": [{"start": 0, "end": 2, "tag": "a", "kind": {"of": 1}}],
        "annotations": [{"type": "Place"}],
    },
    "referenced_tweets": [{"type": "mentioned", "id": "5", "at": "2021-06-01"}],
}
ADDED = {
    "1": (V2, as_json({**x_v2(id="1", **MORE), "matching_rules": [{"id": "9"}], "includes": {"places": [{}]}})),
    "2": (ARCHIVE, as_json(x_archive(status_id="2", reply_quality=[1, {"a": None}], is_sensitive="no", text_de=5))),
}

# By name: the source, the document, and the reason of the rejection, or what of the row is missing.
RENAMED: dict[str, tuple[str, dict, str | None]] = {
    "11": (V2, renamed(x_v2(id="11"), "public_metrics", "metrics"), None),
    "12": (V2, renamed(x_v2(id="12"), "author_id", "author"), None),
    "13": (ARCHIVE, renamed(x_archive(status_id="13"), "hashtags", "tags"), None),
    "data": (V2, renamed(x_v2(), "data", "tweet"), "unknown_record"),
    "id": (V2, renamed(x_v2(), "id", "id_str"), "unknown_record"),
    "text": (V2, renamed(x_v2(), "text", "full_text"), "missing_text"),
    "created_at": (V2, renamed(x_v2(), "created_at", "created"), "missing_created_at"),
    "in capitals": (V2, renamed(x_v2(), "text", "TEXT"), "missing_text"),
    "archive: status_id": (ARCHIVE, renamed(x_archive(), "status_id", "id"), "unknown_record"),
    "archive: text": (ARCHIVE, renamed(x_archive(), "text", "full_text"), "missing_text"),
}

# By name: the source, the document, and the detail of the rejection as wrong_type.
RETYPED: dict[str, tuple[str, dict, str]] = {
    "text": (V2, x_v2(text={"plain": "Hello"}), "$.data.text: wanted a string, got an object"),
    "data": (V2, {"data": [x_v2()["data"]]}, "$.data: wanted an object, got a list"),
    "likes": (V2, x_v2(public_metrics={**METRICS, "like_count": "1.2K"}),
              "$.data.public_metrics.like_count: wanted a whole number of 64 bits, got a string"),
    "counts": (V2, x_v2(public_metrics=[METRICS]), "$.data.public_metrics: wanted an object, got a list"),
    "hashtags": (V2, x_v2(entities={"hashtags": "a, b"}), "$.data.entities.hashtags: wanted a list, got a string"),
    "includes": (V2, {**x_v2(), "includes": []}, "$.includes: wanted an object, got a list"),
    "archive: is_quote": (ARCHIVE, x_archive(is_quote=1), "$.is_quote: wanted true or false, got a number"),
    "archive: favorite_count": (ARCHIVE, x_archive(favorite_count=1.5),
                                "$.favorite_count: wanted a whole number of 64 bits, got a number"),
    "archive: text": (ARCHIVE, x_archive(text=["Hello"]), "$.text: wanted a string, got a list"),
}  # fmt: skip


@pytest.mark.fault(17, "fields added, renamed, retyped; another query; another topic")
def test_what_is_added_is_kept_and_what_is_renamed_or_retyped_is_refused_where_a_post_cannot_be_without_it(
    lake: Lake, tally: Tally
) -> None:
    sent = [Record(source, value, f"x:{post_id}") for post_id, (source, value) in ADDED.items()]
    changed = {**{f"renamed {k}": v for k, v in RENAMED.items()}, **{f"retyped {k}": v for k, v in RETYPED.items()}}
    sent += [Record(source, as_json(document), name) for name, (source, document, _) in changed.items()]
    plain = [post(id="51"), Record(ARCHIVE, as_json(x_archive(status_id="52")), "x:52")]
    lake.send([*sent, *plain])
    lake.drain()

    rows = {row["post_id"]: row for row in lake.rows("silver.posts")}
    assert rows.keys() == {*ADDED, *(name for name, (*_, reason) in RENAMED.items() if reason is None), "51", "52"}
    payloads = {row["key"]: row["payload"] for row in lake.rows("bronze.events", "key", "payload")}
    for post_id, (_, value) in ADDED.items():
        assert payloads[f"x:{post_id}"] == value.decode()
        row = rows[post_id]
        assert (row["text"], row["lang"], row["hashtags"], row["is_reply"]) == ("Hello", "en", ["a"], False)
    counts = {row["post_id"]: row["likes"] for row in lake.rows("silver.engagement", "post_id", "likes")}
    assert counts == dict.fromkeys(("1", "2", "12", "13", "51", "52"), 1), "11 has lost its counts"
    assert (rows["12"]["author"], rows["13"]["hashtags"]) == (None, [])

    refused = {row["key"]: row for row in lake.rows("silver.rejected", "key", "reason", "detail", "payload")}
    for name, (_, document, reason) in RENAMED.items():
        if reason:
            row = refused.pop(f"renamed {name}")
            assert (row["reason"], row["payload"]) == (reason, as_json(document).decode())
    for name, (_, document, detail) in RETYPED.items():
        row = refused.pop(f"retyped {name}")
        assert (row["reason"], row["payload"]) == ("wrong_type", as_json(document).decode())
        assert row["detail"] == detail
    assert refused == {}
    is_whole(lake)
    tell(tally, lake, len(sent) + len(plain))
    tally.bad_inputs(len(sent))


# --- another topic, another query


@pytest.mark.fault(17, "fields added, renamed, retyped; another query; another topic")
def test_another_topic_on_the_same_checkpoint_is_refused_and_with_its_own_goes_into_the_same_tables(
    lake: Lake, tally: Tally
) -> None:
    first = lake.settings.kafka.topic
    lake.send([post(id=str(number)) for number in range(500, 505)])
    lake.drain()
    before = versions(lake)
    other = Lake(lake.spark, lake.settings.model_copy(update={"kafka": Kafka(topic=f"{first}-2")}), lake.servers)
    other.send([post(id=str(number)) for number in range(503, 510)])
    with pytest.raises(CheckpointError) as refused:
        other.drain()
    assert refused.value.exit_code == 8
    assert str(refused.value) == (
        f"the checkpoint {lake.settings.checkpoints}/posts is of topic '{first}', and kafka.topic is '{first}-2': "
        "set it back, or give the other topic a checkpoint of its own with paths.checkpoints (the tables may stay)"
    )
    assert versions(lake) == before
    tally.bad_inputs(1)

    paths = lake.settings.paths.model_copy(update={"checkpoints": f"{lake.settings.paths.work}/checkpoints-2"})
    apart = Lake(lake.spark, other.settings.model_copy(update={"paths": paths}), lake.servers)
    apart.drain()
    lake.drain()  # the first goes on where it was
    assert [row["post_id"] for row in lake.rows("silver.posts", "post_id")] == [str(n) for n in range(500, 510)]
    assert lake.ledger()["duplicates"] == 2
    is_whole(lake)
    is_whole(apart)
    tell(tally, lake, 5 + 7)


@pytest.mark.fault(17, "fields added, renamed, retyped; another query; another topic")
def test_the_checkpoint_of_another_query_is_refused_in_one_line(lake: Lake, tally: Tally) -> None:
    lake.send([post(id="500")])
    lake.drain()
    before = versions(lake)

    def source() -> DataFrame:
        return lake.spark.readStream.format("kafka").options(**spark_options(lake.settings, lake.servers)).load()

    theirs = source().union(source()).writeStream.foreachBatch(lambda rows, _: None).trigger(availableNow=True)
    elsewhere = Path(lake.settings.checkpoints) / "theirs"
    theirs.option("checkpointLocation", str(elsewhere)).start().awaitTermination()
    shutil.rmtree(elsewhere.with_name("posts"))
    elsewhere.rename(elsewhere.with_name("posts"))
    with pytest.raises(
        StreamError, match=r"There are \[2\] sources in the checkpoint offsets and now there"
    ) as refused:
        lake.drain()
    assert "\n" not in str(refused.value)
    assert versions(lake) == before
    tally.bad_inputs(1)
