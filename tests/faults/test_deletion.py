"""What is deleted is gone: from every table, every file and every log; and nothing brings it back."""

import json
import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from functools import partial
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable

from faults.checked import is_whole, tell
from faults.figures import Tally
from starling import delta, failpoints
from starling.errors import ConfigError
from starling.failpoints import FailPointReached
from starling.gold import author_records
from starling.models.champions import NAMES
from starling.ops import erasures
from starling.ops.maintenance.forget import Request, forget, retain
from starling.ops.maintenance.gold import check as check_gold
from starling.ops.maintenance.gold import standing
from starling.pipeline.accounts import accounts
from starling.pipeline.erasure import erase
from starling.pipeline.receipts import delete_files
from starling.pipeline.refresh import recount
from starling.pipeline.retention import drop_payloads
from starling.pseudonyms import pseudonym
from starling.serving import export
from starling.serving.filters import Filters
from starling.serving.index.index import Index
from starling.settings import Retention
from streams.lakes import Lake, Record, running, wait_until
from streams.messages import BASE, COUNTS, deletion, post
from streams.shelf import Copy

SECRET = "zyxwvu9secret"
TEXT = f"a good day for {SECRET} #{SECRET}tag"
FORGOTTEN = "4242424242"
NOTHING = timedelta(0)


def carrying(own_id: str, of: str, how: str, text: str = TEXT, **fields: object) -> Record:
    """Somebody else's quote or repost, which has the other post's text in its payload."""
    data = {**BASE, "id": own_id, "author_id": "8", "text": "look at this", "public_metrics": COUNTS, **fields}
    data["created_at"] = "2021-05-01T12:15:00.000Z"
    data["referenced_tweets"] = [{"type": how, "id": of}]
    included = {"id": of, "text": text, "author_id": "77", "public_metrics": COUNTS}
    users = [{"id": "77", "description": text}]
    payload = {"data": data, "includes": {"tweets": [included], "users": users}}
    return Record("x-v2", json.dumps(payload).encode(), f"x:{own_id}")


def told() -> list[Record]:
    """Of post 500: itself, a copy, who quotes and who reposts it, and records that are broken; and others' posts."""
    own = post(text=TEXT, author_id="77")
    return [
        own,
        own,
        post(text=TEXT, author_id="77", public_metrics={**COUNTS, "like_count": 9}),
        carrying("700", of="500", how="quoted"),
        carrying("600", of="500", how="retweeted"),
        Record("x-v2", (own.value or b"")[:-20], "x:500"),
        Record("x-v2", (own.value or b"")[:-20]),  # nothing but the id in its payload says whose it is
        Record("x-v2", (own.value or b"").replace(b"good", b"\xff"), "x:500"),
        post(id="501", created_at="2021-05-01T11:15:00.000Z", public_metrics={**COUNTS, "retweet_count": 500}),
        post(id="502", text="another one", created_at="2021-05-02T11:15:00.000Z"),
    ]


def everything_on_disk(lake: Lake) -> Iterator[tuple[Path, str]]:
    """Every file of the work folder, whether a table still knows of it or not, with all that it says."""
    for path in Path(lake.settings.paths.work).rglob("*"):
        if path.is_file():
            yield path, path.read_bytes().decode("utf-8", "replace")
            if path.suffix == ".parquet":  # packed
                yield path, str(pq.read_table(path).to_pylist())


def holding(lake: Lake, words: str = SECRET) -> set[str]:
    """The places under the work folder where a text is, by table."""
    return {
        "/".join(path.relative_to(lake.settings.paths.work).parts[:3])
        for path, said in everything_on_disk(lake)
        if words in said
    }


def gold_again(lake: Lake) -> partial[None]:
    return partial(recount, lake.spark, lake.settings)


def delete_all_files(lake: Lake) -> None:
    """As `forget` does, and a stream after its time of grace."""
    delete_files(lake.spark, lake.settings.lake, NOTHING)


@pytest.mark.fault(25, "a deletion, then a replay of everything; a crash in between; an author who is to be forgotten")
@pytest.mark.timeout(600)
def test_a_deleted_posts_text_is_in_no_table_no_file_and_no_log_and_a_replay_brings_nothing_back(
    lake: Lake, registry: Copy, tally: Tally
) -> None:
    for name in NAMES:
        registry.promote(name)
    lake.send(told())
    lake.drain()
    authors = [pseudonym(b"a key for tests alone", "x", author) for author in ("77", "7", "8")]
    records = [("x", author, 1, 1, 1.0, datetime.now(timezone.utc)) for author in authors]
    delta.append(
        lake.spark.createDataFrame(records, author_records.TABLE.schema), author_records.TABLE, lake.settings.lake, 3
    )
    index = Index(lake.settings)
    index.refresh()
    index.close()
    tables = ("bronze/events", "silver/posts", "silver/rejected", "gold/hashtag_trends")
    assert holding(lake) == {*(f"lake/{table}" for table in tables), "dashboard/index.duckdb"}

    lake.send([deletion("500"), post(id="503"), deletion("503")])
    lake.drain()
    delete_all_files(lake)
    assert holding(lake) <= {"dashboard/index.duckdb"}
    assert rows_by_table(lake) == {
        "bronze.events": 13,
        "silver.posts": 3,
        "silver.engagement": 3,
        "silver.deletions": 2,
        "silver.rejected": 4,
        "gold.sentiment_by_hour": 3,
        "gold.post_scores": 3,
        "gold.author_records": 2,
    }
    assert [row["post_id"] for row in lake.rows("silver.posts", "post_id")] == ["501", "502", "700"]
    assert [row["post_id"] for row in lake.rows("silver.engagement", "post_id")] == ["501", "502", "700"]
    assert [row["hashtag"] for row in lake.rows("gold.hashtag_trends", "hashtag")] == ["one"]
    assert [row["key"] for row in lake.rows("bronze.events", "key", "payload") if row["payload"]] == ["x:501", "x:502"]
    assert {(row["reason"], row["payload"], row["detail"]) for row in lake.rows("silver.rejected")} == {
        ("invalid_json", None, None), ("invalid_utf8", None, None), ("deleted", None, "the post's deletion is known"),
    }  # fmt: skip
    is_whole(lake)
    assert accounts(lake.spark, lake.settings.lake).balanced

    index = Index(lake.settings)
    index.refresh()
    with index.cursor() as cursor:
        assert SECRET not in "".join(export.as_csv(cursor, Filters()))
    index.close()
    checkpoint_all(lake)
    assert holding(lake) == set()

    before = lake.everything()
    lake.send(told())
    lake.drain()
    delete_all_files(lake)
    assert holding(lake) == set()
    after = lake.everything()
    for name in (
        "silver.posts",
        "silver.engagement",
        "gold.post_scores",
        "gold.sentiment_by_hour",
        "gold.hashtag_trends",
    ):
        assert after[name] == before[name], name
    is_whole(lake)
    assert accounts(lake.spark, lake.settings.lake).balanced
    tell(tally, lake, 23)


def rows_by_table(lake: Lake) -> dict[str, int]:
    """Those of tables that have any, and that a test can count by heart."""
    rows = accounts(lake.spark, lake.settings.lake).rows
    return {name: rows[name] for name in rows if rows[name] and name not in ("gold.hashtag_trends", "ops.batches")}


def checkpoint_all(lake: Lake) -> None:
    """Has Delta write down the state of every table, as it does now and then."""
    for log in Path(lake.settings.lake).glob("*/*/_delta_log"):
        DeltaTable(log.parent).create_checkpoint()


@pytest.mark.fault(25, "a deletion, then a replay of everything; a crash in between; an author who is to be forgotten")
@pytest.mark.timeout(600)
def test_a_crash_at_any_step_of_an_erasure_ends_in_the_same_tables_with_all_receipts(
    lake: Lake, tally: Tally, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    undisturbed = lake.beside("undisturbed")
    lake.send([*told(), post(id="505", text=f"more of {SECRET}", created_at="2021-05-03T01:00:00.000Z")])
    for one in (lake, undisturbed):
        one.drain()
    lake.send([deletion("500"), deletion("505"), deletion("9")])
    undisturbed.drain()
    monkeypatch.setenv(failpoints.VARIABLE, "in_deletion:1:raise")
    lake.drain()
    said = (
        "upkeep: what is deleted could not be taken out, which is tried again: FailPointReached: fail point in_deletion"
    )
    assert said in capfd.readouterr().err, "a stream goes on all the same"

    steps = [f"in_deletion:{number}" for number in (1, 2, 3, 4, 5)]
    for point in (*steps, "after_gold_sentiment_by_hour:1", "after_gold_hashtag_trends:1", "after_ops_erasures:1"):
        monkeypatch.setenv(failpoints.VARIABLE, f"{point}:raise")
        failpoints.disarm()
        with pytest.raises(FailPointReached, match=f"fail point {point.partition(':')[0]}"):
            erase(lake.spark, lake.settings.lake, gold_again(lake))
        if point == steps[-1]:
            gold = standing(lake.spark, lake.settings.lake)
            said = [verdict.said for verdict in check_gold(lake.spark, lake.settings, gold)]
            assert said == 2 * ["as computed anew from silver, but for hours that it has not counted yet"]
    monkeypatch.delenv(failpoints.VARIABLE)
    erase(lake.spark, lake.settings.lake, gold_again(lake))

    assert lake.everything() == undisturbed.everything()
    receipts = lake.rows("ops.erasures", "table_name", "rows", "posts", "reason")
    assert sorted(tuple(receipt.values()) for receipt in receipts) == [
        ("bronze.events", 12, 3, "deletion"),
        ("silver.engagement", 4, 2, "deletion"),
        ("silver.posts", 2, 2, "deletion"),
        ("silver.rejected", 3, 1, "deletion"),
    ]
    assert erase(lake.spark, lake.settings.lake, gold_again(lake)) == []
    delete_all_files(lake)
    assert holding(lake) == set()
    is_whole(lake)
    assert accounts(lake.spark, lake.settings.lake).balanced
    tell(tally, lake, 14)


@pytest.mark.fault(25, "a deletion, then a replay of everything; a crash in between; an author who is to be forgotten")
@pytest.mark.timeout(600)
def test_an_author_who_is_to_be_forgotten_is_named_in_no_file_any_more(lake: Lake, tally: Tally) -> None:
    by_author = {"author_id": FORGOTTEN, "text": TEXT}
    profile = {
        "data": {**BASE, "id": "600", "author_id": "8"},
        "includes": {"users": [{"id": FORGOTTEN, "name": TEXT}]},
    }
    lake.send(
        [
            post(id="500", **by_author),
            post(id="501", **by_author, created_at="2021-05-01T11:15:00.000Z"),
            post(id="800", **by_author, referenced_tweets=[{"type": "retweeted", "id": "777"}]),
            post(id="900", **by_author, created_at="yesterday"),
            Record("x-v2", json.dumps(profile).encode(), "x:600"),
            post(id="601"),
        ]
    )
    lake.drain()
    done = forget(lake.spark, lake.settings, lake.servers, Request.of(["999"], author=FORGOTTEN), print)
    assert [str(one) for one in done.posts] == ["x:999", "x:500", "x:501"]
    assert [str(one) for one in done.unknown] == ["x:999"]
    assert {(one.table_name, one.reason): (one.rows, one.posts) for one in done.receipts} == {
        ("silver.posts", "deletion"): (2, 2),
        ("silver.engagement", "deletion"): (2, 2),
        ("bronze.events", "deletion"): (5, 3),  # with the deletions themselves
        ("bronze.events", "author"): (3, 0),
        ("silver.rejected", "author"): (1, 0),
    }
    assert all(one.files_gone_at for one in done.receipts)
    assert "x:999 is not in silver.posts" in "\n".join(done.lines())
    assert json.loads(json.dumps(done.as_json()))["to_come"] is None
    checkpoint_all(lake)
    assert holding(lake) == holding(lake, FORGOTTEN) == set()
    assert [row["post_id"] for row in lake.rows("silver.posts", "post_id")] == ["600", "601"]
    assert len(lake.rows("gold.sentiment_by_hour")) == 1

    lake.send([post(id="999", text=TEXT), post(id="500", **by_author)])
    lake.drain()
    refused = [row for row in lake.rows("silver.rejected") if row["reason"] == "deleted"]
    assert sorted(row["key"] for row in refused) == ["x:500", "x:999"]
    assert holding(lake) == set()
    again = forget(lake.spark, lake.settings, lake.servers, Request.of(["999", "500"]), print)
    assert (again.already, again.unknown) == (2, ())
    is_whole(lake)
    tell(tally, lake, 6 + 3 + 2)


@pytest.mark.fault(25, "a deletion, then a replay of everything; a crash in between; an author who is to be forgotten")
@pytest.mark.timeout(600)
def test_beside_a_running_stream_it_is_the_stream_that_takes_out_what_is_to_be_forgotten(lake: Lake) -> None:
    prompt = Lake(lake.spark, lake.settings.model_copy(update={"retention": Retention(erase_minutes=0)}), lake.servers)
    prompt.send([post(text=TEXT), post(id="501", created_at="2021-05-01T11:15:00.000Z")])
    with running(prompt) as failures:
        wait_until(lambda: prompt.count("gold.sentiment_by_hour") == 2)
        done = forget(prompt.spark, prompt.settings, prompt.servers, Request.of(["500"]), print)
        assert done.to_come.startswith("The running stream takes them out after its next micro-batch")
        wait_until(lambda: delta.exists(prompt.spark, erasures.TABLE, prompt.settings.lake))
        wait_until(lambda: prompt.count("ops.erasures") == 3)
        assert prompt.count("gold.sentiment_by_hour") == 1, "receipts are for when gold is right too"
        prompt.send([post(id="502"), post(text=TEXT)])
        wait_until(lambda: prompt.count("silver.rejected") == 1)
    assert not failures
    assert [row["post_id"] for row in prompt.rows("silver.posts", "post_id")] == ["501", "502"]
    delete_all_files(prompt)
    assert holding(prompt) == set()
    is_whole(prompt)


@pytest.mark.slow
def test_payloads_that_are_too_old_leave_and_the_rows_stay(lake: Lake) -> None:
    lake.send([post(text=TEXT), Record("x-v2", TEXT.encode(), "x:9")])
    time.sleep(0.1)
    between = datetime.now(timezone.utc)
    lake.send([post(id="501")])
    lake.drain()
    done = drop_payloads(lake.spark, lake.settings.lake, between, gold_again(lake))
    assert {one.table_name: (one.rows, one.posts, one.reason) for one in done} == {
        "bronze.events": (2, 0, "retention"),
        "silver.rejected": (1, 0, "retention"),
    }
    assert drop_payloads(lake.spark, lake.settings.lake, between, gold_again(lake)) == []
    kept = {row["key"]: row["payload"] is not None for row in lake.rows("bronze.events", "key", "payload")}
    assert kept == {"x:500": False, "x:9": False, "x:501": True}
    delete_all_files(lake)
    assert holding(lake) == {"lake/silver/posts", "lake/gold/hashtag_trends"}
    is_whole(lake)

    assert next(retain(lake.spark, lake.settings, days=1)).endswith(" UTC: there are none")
    with pytest.raises(ConfigError, match=r"^payloads are kept for ever \(retention.payload_days = 0\): set it, or"):
        next(retain(lake.spark, lake.settings))
