"""A plain-Python model of what becomes of a record, and the tables that it is judged by."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pandas as pd

from starling.silver.outcomes import Known, judged

POST, REPOST, DELETION = "post", "repost", "deletion"
Place = tuple[str, int, int]
Key = tuple[str, str]


class Record(NamedTuple):
    """What a record is judged by."""

    topic: str
    partition: int
    offset: int
    kind: str | None
    platform: str | None
    post_id: str | None
    observation_id: str | None
    reason: str | None = None

    @property
    def place(self) -> Place:
        """Where it stands in Kafka."""
        return self.topic, self.partition, self.offset


class Verdict(NamedTuple):
    """What becomes of a record, and the tables that get a row of it."""

    outcome: str
    adds: frozenset[str]
    deleted: bool
    repeated: bool


@dataclass
class Tables:
    """By key, the place of the record that brought a row."""

    posts: dict[Key, Place] = field(default_factory=dict)
    observations: dict[Key, Place] = field(default_factory=dict)
    deletions: dict[Key, Place] = field(default_factory=dict)
    rejected: set[Place] = field(default_factory=set)
    events: set[Place] = field(default_factory=set)

    def write(self, record: Record, table: str) -> None:
        """Adds the record's row; fails where the table has one with its key."""
        if table in ("rejected", "events"):
            rows = getattr(self, table)
            assert record.place not in rows, f"{record} is in {table} twice"
            rows.add(record.place)
        else:
            key = (record.platform, record.observation_id if table == "observations" else record.post_id)
            rows = getattr(self, table)
            assert key not in rows, f"{key} is in {table} twice"
            rows[key] = record.place


def judge(batch: Sequence[Record], tables: Tables) -> dict[Place, Verdict]:
    """The rules: what the tables hold decides; where they hold nothing, the record that Kafka has first does."""
    in_order = sorted(batch, key=lambda record: (record.partition, record.offset))
    good = [record for record in in_order if record.reason is None]
    first_post = _first((_key(r), r) for r in good if r.kind == POST)
    first_counts = _first(((r.platform, r.observation_id), r) for r in good if r.observation_id)
    first_deletion = _first((_key(r), r) for r in good if r.kind == DELETION)
    return {r.place: _verdict(r, tables, first_post, first_counts, first_deletion) for r in batch}


def _key(record: Record) -> Key:
    return record.platform, record.post_id


def _first(pairs: Iterable[tuple[Key, Record]]) -> dict[Key, Place]:
    found: dict[Key, Place] = {}
    for key, record in pairs:
        found.setdefault(key, record.place)
    return found


def _verdict(
    record: Record,
    tables: Tables,
    first_post: dict[Key, Place],
    first_counts: dict[Key, Place],
    first_deletion: dict[Key, Place],
) -> Verdict:
    key, counts, place = _key(record), (record.platform, record.observation_id), record.place
    repeated = place in tables.events
    gone = key in tables.deletions or key in first_deletion
    written = place in (tables.posts.get(key), tables.observations.get(counts))
    refused = place in tables.rejected
    deleted = (
        record.reason is None
        and record.kind != DELETION
        and gone
        and not (written or (repeated and not refused))
    )  # fmt: skip
    if record.reason or deleted:
        outcome = "rejected"
    elif record.kind == POST and place == tables.posts.get(key, first_post[key]):
        outcome = "posts"
    elif record.kind == DELETION and place == tables.deletions.get(key, first_deletion[key]):
        outcome = "deletions"
    elif record.kind != DELETION and place == tables.observations.get(counts, first_counts.get(counts)):
        outcome = "engagement"
    else:
        outcome = "duplicates"
    lives = not (repeated and gone)
    adds = {
        "events": not repeated,
        "posts": outcome == "posts" and key not in tables.posts and lives,
        "observations": outcome in ("posts", "engagement")
        and counts not in tables.observations
        and place == first_counts.get(counts)
        and lives,
        "deletions": outcome == "deletions" and key not in tables.deletions,
        "rejected": outcome == "rejected" and not refused and not repeated,
    }
    return Verdict(outcome, frozenset(name for name, added in adds.items() if added), deleted, repeated)


_PLACE = ["topic", "partition", "offset"]
_ADDS = {
    "adds_event": "events",
    "adds_post": "posts",
    "adds_observation": "observations",
    "adds_deletion": "deletions",
    "adds_rejected": "rejected",
}


def judged_by_starling(batch: Sequence[Record], tables: Tables) -> list[tuple[Place, Verdict]]:
    """What `judged` says, a pair for each of its rows."""
    records = pd.DataFrame(list(batch), columns=Record._fields)
    known = Known(
        posts=_rows(tables.posts, "post_id"),
        observations=_rows(tables.observations, "observation_id"),
        deletions=_rows(tables.deletions, "post_id") if tables.deletions else None,
        events=pd.DataFrame(list(tables.events), columns=_PLACE) if tables.events else None,
        rejected=pd.DataFrame(list(tables.rejected), columns=_PLACE) if tables.rejected else None,
    )
    keys = {record.place: _key(record) for record in batch}
    found = [((row.topic, row.partition, row.offset), row) for row in judged(records, known).itertuples()]
    for place, row in found:
        assert row.is_post == (row.adds_post or tables.posts.get(keys[place]) == place), f"{row}: is_post is wrong"
    return [(place, _read(row)) for place, row in found]


def _rows(rows: dict[Key, Place], name: str) -> pd.DataFrame:
    return pd.DataFrame([(*key, *place) for key, place in rows.items()], columns=["platform", name, *_PLACE])


def _read(row: Any) -> Verdict:
    adds = frozenset(table for flag, table in _ADDS.items() if getattr(row, flag))
    assert all(type(getattr(row, flag)) is bool for flag in (*_ADDS, "deleted", "repeated")), f"{row}: a flag is none"
    return Verdict(row.outcome, adds, row.deleted, row.repeated)
