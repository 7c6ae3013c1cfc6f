"""The ledger: what was read is what is accounted for, or the batch is named."""

from dataclasses import asdict, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from starling import delta
from starling.errors import LedgerError
from starling.ops import ledger
from starling.ops.ledger import Entry, Past, Sums

AT = datetime(2021, 6, 1, 12, 0, 0, 5, tzinfo=timezone.utc)
GOOD = Entry(
    query_id="q", batch_id=7, topic="t", partition=1, from_offset=100, until_offset=125, records=25,
    posts=10, engagement=6, deletions=1, rejected=3, duplicates=5, repeated=2,
    newest_record_at=AT, started_at=AT, written_at=AT,
)  # fmt: skip


def test_entries_that_balance_pass() -> None:
    ledger.check([])
    ledger.check([GOOD, replace(GOOD, partition=0, records=16, posts=1)])


@pytest.mark.parametrize("outcome", ledger.OUTCOMES)
@pytest.mark.parametrize("by", [1, -1])
def test_an_entry_that_does_not_balance_is_named_with_its_partition_and_offsets(outcome: str, by: int) -> None:
    wrong = replace(GOOD, **{outcome: getattr(GOOD, outcome) + by})
    with pytest.raises(LedgerError) as raised:
        ledger.check([replace(GOOD, partition=0), wrong])
    assert str(raised.value) == (
        "batch 7 of query q does not balance: 25 records read from t-1 at offsets 100 to 124, "
        f"{25 + by} accounted for; nothing was committed, the batch will be read again"
    )


def test_repeated_records_are_among_the_others_and_not_added() -> None:
    ledger.check([replace(GOOD, repeated=25)])


def test_entries_become_rows_of_the_table(spark: SparkSession) -> None:
    rows = ledger.rows(spark, [GOOD, replace(GOOD, partition=2)])
    assert rows.schema == ledger.TABLE.schema
    times = {name: F.unix_micros(name) for name in ("newest_record_at", "started_at", "written_at")}
    micros = 1622548800000005
    expected = asdict(GOOD) | dict.fromkeys(times, micros)
    assert [row.asDict() for row in rows.withColumns(times).orderBy("partition").collect()] == [
        expected,
        expected | {"partition": 2},
    ]


def test_a_record_counts_once_however_often_it_was_read_and_whether_or_not_its_first_batch_came_to_its_entry(
    spark: SparkSession,
) -> None:
    def entered(minute: int, start: int, end: int, repeated: int, partition: int = 1) -> Entry:
        at = AT + timedelta(minutes=minute)
        offsets = {"from_offset": start, "until_offset": end, "records": end - start}
        return replace(GOOD, **offsets, batch_id=minute, repeated=repeated, partition=partition, written_at=at)

    entries = [
        entered(0, 0, 50, repeated=50),  # its first writing was broken off between bronze and the ledger
        entered(1, 50, 80, repeated=0),
        entered(2, 0, 90, repeated=80),  # a lost checkpoint: 10 are new
        entered(3, 90, 95, repeated=2),  # broken off again
        entered(4, 0, 7, repeated=0, partition=0),
    ]
    assert ledger.sums(ledger.rows(spark, entries[::-1])).read_once == 95 + 7


def test_sums_are_over_all_entries_and_the_unbalanced_are_counted(spark: SparkSession) -> None:
    entries = [
        GOOD,
        replace(GOOD, query_id="r", batch_id=0, from_offset=0, until_offset=25, written_at=AT + timedelta(minutes=1)),
        replace(GOOD, partition=0, until_offset=101, records=16, posts=1),
        replace(GOOD, batch_id=8, until_offset=130, records=26, written_at=AT + timedelta(minutes=2)),
        replace(GOOD, batch_id=9, topic="u", until_offset=9, duplicates=6),
    ]
    rows, past = ledger.rows(spark, entries), Past({("t", 1): 130, ("t", 0): 101, ("u", 1): 9})
    totals = {
        "records": 117, "posts": 41, "engagement": 30, "deletions": 5, "rejected": 15, "duplicates": 26, "repeated": 10,
    }  # fmt: skip
    # Two come after one that reaches as far, and have two records each that it had.
    assert ledger.sums(rows) == Sums(entries=5, unbalanced=2, totals=totals, read_once=117 - 4, past=past)
    assert ledger.past(rows) == past
    assert [row.batch_id for row in ledger.out_of_balance(rows).orderBy("batch_id").collect()] == [8, 9]


def test_an_empty_ledger_has_read_nothing(spark: SparkSession) -> None:
    rows = ledger.rows(spark, [])
    nothing = dict.fromkeys(("records", *ledger.OUTCOMES, "repeated"), 0)
    assert ledger.sums(rows) == Sums(entries=0, unbalanced=0, totals=nothing, read_once=0, past=Past({}))
    assert ledger.past(rows) == Past({})


def test_the_past_goes_on_with_every_batch_and_never_back() -> None:
    past = Past({("t", 1): 130, ("u", 0): 9})
    assert [past.until("t", 1), past.until("t", 0), past.until("v", 1)] == [130, 0, 0]
    later = past.followed_by([replace(GOOD, until_offset=140), replace(GOOD, partition=0)])
    assert later == Past({("t", 1): 140, ("t", 0): 125, ("u", 0): 9})
    assert past.followed_by([GOOD], {"a": 5}).followed_by([GOOD], {"b": 7}).newest == {"a": 5, "b": 7}
    assert past.followed_by([GOOD]) == Past({("t", 1): 130, ("u", 0): 9})
    assert past == Past({("t", 1): 130, ("u", 0): 9})


@pytest.mark.slow
def test_the_last_write_notes_the_past_and_without_a_note_the_rows_are_asked(
    spark: SparkSession, tmp_path: Path
) -> None:
    lake = str(tmp_path)
    noted = Past({("t", 1): 4000}, {"silver.posts": 449_000})  # other than in the rows, to see which is asked
    of_rows = Past({("t", 1): 125})

    def enter(note: str | None) -> None:
        delta.append(ledger.rows(spark, [GOOD]), ledger.TABLE, lake, 1, note)

    delta.create(spark, ledger.TABLE, lake)
    assert ledger.last_noted(spark, lake) == Past({})
    enter(ledger.note(noted))
    assert ledger.last_noted(spark, lake) == noted
    enter(None)  # as by a version that noted nothing
    assert ledger.last_noted(spark, lake) == of_rows
    for broken in ("somebody's own", "[]", "{}", '{"read_until": {"t": 5}, "newest": {}}'):
        enter(broken)
        assert ledger.last_noted(spark, lake) == of_rows
    enter(ledger.note(noted))
    assert delta.compact(spark, ledger.TABLE, lake).after == 1
    assert ledger.last_noted(spark, lake) == noted
    delta.delete(ledger.rows(spark, [GOOD]).select("query_id"), ledger.TABLE, lake)
    assert ledger.last_noted(spark, lake) == Past({})
