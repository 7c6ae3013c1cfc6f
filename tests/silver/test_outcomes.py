"""Every record has one outcome, and the tables are the same however often a batch is interrupted and read again."""

import random
from dataclasses import dataclass, field

import pytest

from silver.judging import DELETION, POST, REPOST, Place, Record, Tables, Verdict, judge, judged_by_starling


def post(offset: int, counts: str | None = "1/1", post_id: str = "1", **others: object) -> Record:
    return Record("t", others.pop("partition", 0), offset, POST, "x", post_id, counts, **others)


def repost(offset: int, counts: str = "2/5", post_id: str = "1", **others: object) -> Record:
    return Record("t", others.pop("partition", 0), offset, REPOST, "x", post_id, counts, **others)


def deletion(offset: int, post_id: str = "1", **others: object) -> Record:
    return Record("t", others.pop("partition", 0), offset, DELETION, "x", post_id, None, **others)


def broken(offset: int, partition: int = 0) -> Record:
    return Record("t", partition, offset, None, None, None, None, "invalid_json")


@dataclass
class Case:
    """Records of a batch, each with its outcome and the tables that get a row; and the offsets that tables know."""

    batch: list[tuple[Record, str, str]]
    posts: dict[str, int] = field(default_factory=dict)
    observations: dict[str, int] = field(default_factory=dict)
    deletions: dict[str, int] = field(default_factory=dict)
    rejected: set[int] = field(default_factory=set)
    events: set[int] = field(default_factory=set)
    deleted: set[int] = field(default_factory=set)


CASES = {
    "a new post": Case([(post(1), "posts", "events posts observations")]),
    "a new post without counts": Case([(post(1, None), "posts", "events posts")]),
    "a post and its copy": Case(
        [(post(1), "posts", "events posts observations"), (post(2), "duplicates", "events")]
    ),
    "a copy ahead of its post in the batch's rows": Case(
        [(post(2), "duplicates", "events"), (post(1), "posts", "events posts observations")]
    ),
    "a post and a copy with new counts": Case(
        [(post(1), "posts", "events posts observations"), (post(2, "1/2"), "engagement", "events observations")]
    ),
    "copies in two partitions": Case(
        [(post(9, partition=0), "posts", "events posts observations"), (post(1, partition=1), "duplicates", "events")]
    ),
    "equal ids of two platforms": Case(
        [(post(1), "posts", "events posts observations"),
         (post(2)._replace(platform="mastodon"), "posts", "events posts observations")]
    ),
    "a copy of a known post": Case([(post(5), "duplicates", "events")], {"1": 1}, {"1/1": 1}),
    "a copy of a known post with new counts": Case(
        [(post(5, "1/2"), "engagement", "events observations")], {"1": 1}, {"1/1": 1}
    ),
    "two copies of a known post with the same new counts": Case(
        [(post(6, "1/2"), "duplicates", "events"), (post(5, "1/2"), "engagement", "events observations")],
        {"1": 1}, {"1/1": 1},
    ),
    "a copy without counts of a known post": Case([(post(5, None), "duplicates", "events")], {"1": 1}),
    "a post that was read and written": Case(
        [(post(1), "posts", "")], {"1": 1}, {"1/1": 1}, events={1}
    ),
    "a post that was written and not yet in bronze": Case(
        [(post(1), "posts", "events")], {"1": 1}, {"1/1": 1}
    ),
    "a post whose counts were not yet written": Case([(post(1), "posts", "events observations")], {"1": 1}),
    "a post of which only the counts were written": Case([(post(1), "posts", "events posts")], {}, {"1/1": 1}),
    "a duplicate that was read before": Case([(post(5), "duplicates", "")], {"1": 1}, {"1/1": 1}, events={5}),
    "counts that were read before": Case(
        [(post(5, "1/2"), "engagement", "")], {"1": 1}, {"1/1": 1, "1/2": 5}, events={5}
    ),
    "a post that is known from a later offset": Case([(post(1), "duplicates", "events")], {"1": 5}, {"1/1": 5}),
    "a repost": Case([(repost(1), "engagement", "events observations")]),
    "a repost twice": Case([(repost(1), "engagement", "events observations"), (repost(2), "duplicates", "events")]),
    "a repost of a known post": Case([(repost(3), "engagement", "events observations")], {"1": 1}, {"1/1": 1}),
    "a repost that is known": Case([(repost(3), "duplicates", "events")], {}, {"2/5": 1}),
    "a post between its reposts": Case(
        [(repost(1, "2/5"), "engagement", "events observations"), (post(2), "posts", "events posts observations"),
         (repost(3, "3/5"), "engagement", "events observations")]
    ),
    "a deletion": Case([(deletion(1), "deletions", "events deletions")]),
    "a deletion twice": Case(
        [(deletion(1), "deletions", "events deletions"), (deletion(2), "duplicates", "events")]
    ),
    "a deletion that is known": Case([(deletion(5), "duplicates", "events")], deletions={"1": 1}),
    "a deletion that was read before": Case([(deletion(5), "deletions", "")], deletions={"1": 5}, events={5}),
    "a deletion of a known post": Case(
        [(deletion(5), "deletions", "events deletions")], {"1": 1}, {"1/1": 1}
    ),
    "a deletion ahead of its post": Case(
        [(deletion(1), "deletions", "events deletions"), (post(2), "rejected", "events rejected")], deleted={2}
    ),
    "a deletion behind its post": Case(
        [(post(1), "rejected", "events rejected"), (deletion(2), "deletions", "events deletions")], deleted={1}
    ),
    "a post that was deleted before": Case(
        [(post(5), "rejected", "events rejected")], deletions={"1": 1}, deleted={5}
    ),
    "a repost of what was deleted before": Case(
        [(repost(5), "rejected", "events rejected")], deletions={"1": 1}, deleted={5}
    ),
    "a copy, with new counts, of what was deleted since": Case(
        [(post(5, "1/2"), "rejected", "events rejected")], {"1": 1}, {"1/1": 1}, deletions={"1": 3}, deleted={5}
    ),
    "another post than the deleted one": Case(
        [(post(5, "2/1", "2"), "posts", "events posts observations")], deletions={"1": 1}
    ),
    "a deletion that is no good record": Case(
        [(post(1), "posts", "events posts observations"), (deletion(2, reason="bad_id"), "rejected", "events rejected")]
    ),
    "a post read again after its deletion came": Case(
        [(post(1), "posts", "")], {"1": 1}, {"1/1": 1}, {"1": 3}, events={1}
    ),
    "counts read again after the deletion came": Case(
        [(repost(1), "engagement", "")], {}, {"2/5": 1}, {"1": 3}, events={1}
    ),
    "a duplicate read again after the deletion came": Case(
        [(post(2), "duplicates", "")], {"1": 1}, {"1/1": 1}, {"1": 3}, events={2}
    ),
    "a post that was written and not yet in bronze, beside its deletion": Case(
        [(post(1), "posts", "events observations"), (deletion(5), "deletions", "events deletions")], {"1": 1}
    ),
    "counts that were written and not yet in bronze, beside the deletion": Case(
        [(repost(1), "engagement", "events"), (deletion(5), "deletions", "events deletions")], {}, {"2/5": 1}
    ),
    "a post refused for its deletion, read again": Case(
        [(post(5), "rejected", "")], deletions={"1": 1}, rejected={5}, events={5}, deleted={5}
    ),
    "a post and its deletion, read again": Case(
        [(post(1), "rejected", ""), (deletion(2), "deletions", "")],
        deletions={"1": 2}, rejected={1}, events={1, 2}, deleted={1},
    ),
    "a refused post that is not yet in bronze": Case(
        [(post(5), "rejected", "events")], deletions={"1": 1}, rejected={5}, deleted={5}
    ),
    "a post that was taken out since, read again": Case([(post(1), "posts", "")], deletions={"1": 3}, events={1}),
    "counts that were taken out since, read again": Case(
        [(repost(1), "engagement", "")], deletions={"1": 3}, events={1}
    ),
    "a post read again into tables that were made anew": Case(
        [(post(1), "posts", "posts observations")], events={1}
    ),
    "broken records": Case(
        [(broken(1), "rejected", "events rejected"), (broken(2), "rejected", "events rejected")]
    ),
    "a broken record that was read before": Case([(broken(1), "rejected", "")], rejected={1}, events={1}),
    "a broken record that is not yet in bronze": Case([(broken(1), "rejected", "events")], rejected={1}),
    "a broken record whose row was taken out since": Case([(broken(1), "rejected", "")], events={1}),
    "a broken copy ahead of its post": Case(
        [(post(1, reason="missing_text"), "rejected", "events rejected"),
         (post(2), "posts", "events posts observations")]
    ),
}  # fmt: skip


def _apart(name: str, record: Record) -> Record:
    """The record in a topic of its own, with ids that no other case has."""
    return record._replace(
        topic=name,
        post_id=record.post_id and f"{name}:{record.post_id}",
        observation_id=record.observation_id and f"{name}:{record.observation_id}",
    )


def _tables() -> Tables:
    """What the tables of all cases hold."""
    tables = Tables()
    for name, case in CASES.items():
        for table in ("posts", "observations", "deletions"):
            rows = {("x", f"{name}:{key}"): (name, 0, offset) for key, offset in getattr(case, table).items()}
            getattr(tables, table).update(rows)
        tables.rejected |= {(name, 0, offset) for offset in case.rejected}
        tables.events |= {(name, 0, offset) for offset in case.events}
    return tables


@pytest.fixture(scope="module")
def verdicts() -> dict[Place, Verdict]:
    batch = [_apart(name, record) for name, case in CASES.items() for record, _, _ in case.batch]
    found = judged_by_starling(batch, _tables())
    assert sorted(place for place, _ in found) == sorted(record.place for record in batch), "one verdict a record"
    return dict(found)


@pytest.mark.parametrize("name", CASES)
def test_a_record_becomes(verdicts: dict[Place, Verdict], name: str) -> None:
    case = CASES[name]
    expected = {
        _apart(name, record).place: Verdict(
            outcome, frozenset(adds.split()), record.offset in case.deleted, record.offset in case.events
        )
        for record, outcome, adds in case.batch
    }
    assert {place: verdicts[place] for place in expected} == expected
    assert judge([_apart(name, record) for record, _, _ in case.batch], _tables()) == expected, "the model is wrong"


# Silver's tables are written side by side, and a crash may come between any two of them; bronze is written last.
_SILVER = ("posts", "observations", "deletions", "rejected")
_ALL = frozenset((*_SILVER, "events"))
Step = tuple[list[Record], frozenset[str]]


def _some_records(name: str, start: int, dice: random.Random) -> list[Record]:
    """A few records of two posts: many copies, reposts, deletions and broken ones among them."""
    records = []
    for offset in range(start, start + dice.randint(1, 5)):
        partition, post_id = dice.randint(0, 1), dice.choice("ab")
        counts = dice.choice((None, f"{post_id}/1", f"{post_id}/2"))
        records += dice.choices(
            (
                [post(offset, counts, post_id, partition=partition)],
                [repost(offset, f"r{offset % 4}{post_id}", post_id, partition=partition)],
                [deletion(offset, post_id, partition=partition)],
                [broken(offset, partition)],
            ),
            weights=(6, 3, 1, 1),
        )[0]
    return [_apart(name, record) for record in records]


def _steps(batches: list[list[Record]], dice: random.Random) -> list[Step]:
    """What is read and how much of it is written: some batches crash at first, some topics are read from the start."""
    steps: list[Step] = []
    for number, batch in enumerate(batches, 1):
        if dice.random() < 0.5:
            steps.append((batch, frozenset(dice.sample(_SILVER, dice.randint(0, 4)))))
        steps.append((batch, _ALL))
        if dice.random() < 0.4:
            steps.append(([record for earlier in batches[:number] for record in earlier], _ALL))
    return steps


def _write(tables: Tables, step: Step, verdicts: dict[Place, Verdict]) -> None:
    batch, written = step
    for record in batch:
        for table in verdicts[record.place].adds & written:
            tables.write(record, table)


def test_batches_that_crash_and_are_read_again_end_in_the_same_tables_and_the_model_agrees() -> None:
    dice = random.Random(20210601)
    topics = [f"topic-{number}" for number in range(400)]
    batches = {topic: [_some_records(topic, start, dice) for start in (0, 10)] for topic in topics}
    steps = {topic: _steps(batches[topic], dice) for topic in topics}
    tables = Tables()
    for number in range(max(map(len, steps.values()))):
        now = [each[number] for each in steps.values() if number < len(each)]
        batch = [record for records, _ in now for record in records]
        found = judged_by_starling(batch, tables)
        verdicts = dict(found)
        assert len(found) == len(verdicts) == len(batch)
        assert verdicts == judge(batch, tables)
        for step in now:
            _write(tables, step, verdicts)
    undisturbed = Tables()
    for number in (0, 1):
        batch = [record for topic in topics for record in batches[topic][number]]
        _write(undisturbed, (batch, _ALL), judge(batch, undisturbed))
    assert tables == undisturbed
    assert len(tables.events) == sum(len(batch) for each in batches.values() for batch in each)
