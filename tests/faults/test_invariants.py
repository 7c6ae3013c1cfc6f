"""The checker itself: a lake that is right is called right, and each way of being wrong is found and named."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pytest

from starling.ops.maintenance.invariants import check
from starling.ops.maintenance.verdicts import Report
from streams.lakes import Lake, Record
from streams.messages import COUNTS, post, repost


@pytest.fixture
def told(lake: Lake) -> Lake:
    """A lake with posts, counts, copies and what is refused."""
    lake.send(
        [
            *(post(id=str(number), created_at=f"2021-05-01T{number % 24:02}:15:00.000Z") for number in range(100, 130)),
            post(id="100"),
            post(id="101", public_metrics={**COUNTS, "like_count": 50}),
            repost("600", of="100", reposts=9),
            repost("600", of="100", reposts=9),
            Record("x-v2", b"{", "x:1"),
        ]
    )
    lake.drain(most_a_batch=20)
    return lake


def look(lake: Lake) -> Report:
    return check(lake.spark, lake.settings, lake.servers)


@contextmanager
def spoilt(lake: Lake, wrongs: Mapping[str, str]) -> Iterator[Report]:
    """What is found while tables have been written to by these statements; they are as before afterwards."""
    tables = {name: f"delta.`{lake.settings.lake}/{name}`" for name in wrongs}
    versions = {t: lake.spark.sql(f"DESCRIBE HISTORY {t} LIMIT 1").first().version for t in tables.values()}
    for name, statement in wrongs.items():
        lake.spark.sql(statement.format(tables[name], tables[name]))
    yield look(lake)
    for table, version in versions.items():
        lake.spark.sql(f"RESTORE TABLE {table} TO VERSION AS OF {version}")


# Each round does several things that no invariant of another one could hide.
ROUNDS: list[tuple[dict[str, str], set[str]]] = [
    (
        {
            "silver/posts": "DELETE FROM {} WHERE post_id = '105'",
            "ops/batches": "UPDATE {} SET posts = posts - 1",
        },
        {"bronze = silver", "duplicates", "gold.sentiment_by_hour", "gold.hashtag_trends", "ledger"},
    ),
    (
        {
            "silver/posts": "INSERT INTO {} SELECT * FROM {} WHERE post_id = '106'",
            "bronze/events": "DELETE FROM {} WHERE key = 'x:107'",
        },
        {"silver.posts unique", "one place", "bronze = ledger", "silver in bronze", "kafka = bronze"},
    ),
    (
        {
            "silver/engagement": "DELETE FROM {} WHERE via = 'repost'",
            "gold/hashtag_trends": "UPDATE {} SET burst_score = burst_score + 1e-9",
        },
        {"bronze = silver", "duplicates", "gold.hashtag_trends"},
    ),
    (
        {
            "silver/rejected": "DELETE FROM {}",
            "ops/batches": "UPDATE {} SET duplicates = duplicates - 1, posts = posts + 1 WHERE duplicates > 0",
            "gold/sentiment_by_hour": "UPDATE {} SET positive = positive + 1 WHERE posts = 1",
        },
        {"bronze = silver", "duplicates", "gold.sentiment_by_hour"},
    ),
]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_every_way_of_being_wrong_is_found_and_named(told: Lake) -> None:
    right = look(told)
    assert right.ok, "\n".join(right.lines())
    assert {verdict.state for verdict in right.verdicts} == {"ok"}
    assert json.loads(json.dumps(right.as_json()))["ok"] is True
    for wrongs, found in ROUNDS:
        with spoilt(told, wrongs) as report:
            assert {verdict.invariant for verdict in report.findings} >= found, "\n".join(report.lines())
            named = [one for one in report.findings if one.invariant not in ("bronze = ledger", "duplicates")]
            assert all(verdict.where for verdict in named)
    # Batches that follow each other, each of which says now that it began with its second record.
    with spoilt(told, {"ops/batches": "UPDATE {} SET from_offset = from_offset + 1"}) as report:
        (found,) = report.findings
        assert found.invariant == "bronze in batches"
        entries = told.rows("ops.batches", "batch_id")
        assert len({entry["batch_id"] for entry in entries}) > 1
        assert found.said == f"{len(entries)} rows are of no batch of the ledger"
    assert look(told).ok
