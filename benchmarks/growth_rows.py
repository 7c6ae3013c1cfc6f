"""Tables with a long past, made cheaply: posts of a month, copied from those that a stream has written."""

import json
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame, SparkSession

    from starling.ops.ledger import Entry

# The old posts' topic. Its partitions are the stream's no more, and are in the ledger with what they had.
BEFORE = "before"
DAYS = 30
_HOUR_MS = 3_600_000
_TIME_BITS = 22  # of X's ids: the time lies above them


class Past(NamedTuple):
    """Where a copy's posts lie: in a window of its own, the newest an hour before those that are copied.

    `moved` takes numbers and columns alike.
    """

    first_ms: int
    stretch: int
    start_ms: int

    def moved(self, ms: Any) -> Any:
        """The time of a copy."""
        return self.start_ms + (ms - self.first_ms) * self.stretch

    def moved_id(self, post_id: Any, ms: Any) -> Any:
        """The id of a copy: an id holds its post's time, and a number of its own below it."""
        return post_id + (self.moved(ms) - ms) * (1 << _TIME_BITS)


def fill(source: str, lake: str, wanted: int, late: int) -> dict[str, Any]:
    """Fills the tables of a new lake with copies of another's rows, `wanted` of silver.posts or a few more.

    Returns how many, and of some of them, spread over all, the Kafka records that they would have come from.
    """
    from pyspark.sql import functions as F

    from starling import delta, session
    from starling.bronze import events
    from starling.ops import ledger
    from starling.settings import Settings
    from starling.silver import engagement, posts

    spark = session.get("starling benchmark", Settings())
    there = delta.read(spark, posts.TABLE, source)
    times = F.unix_millis("created_at")
    posts_there, first_ms, last_ms = there.agg(F.count("*"), F.min(times), F.max(times)).collect()[0]
    pasts = _pasts(first_ms, last_ms, -(-wanted // posts_there))
    until = _until(delta.read(spark, events.TABLE, source))
    for table in (posts.TABLE, engagement.TABLE, events.TABLE, ledger.TABLE):
        delta.create(spark, table, lake)
    for table in (posts.TABLE, engagement.TABLE, events.TABLE):
        rows = delta.read(spark, table, source)
        count = rows.count()
        for number, past in enumerate(pasts):
            before = {partition: number * offset for partition, offset in until.items()}
            delta.append(_copied(rows, past, before), table, lake, count)
    entries = [_entry(partition, len(pasts) * offset) for partition, offset in until.items()]
    delta.append(ledger.rows(spark, entries), ledger.TABLE, lake, len(entries))
    return {"rows": posts_there * len(pasts), "late": _late(spark, source, pasts, late)}


def _pasts(first_ms: int, last_ms: int, copies: int) -> list[Past]:
    window_ms = DAYS * 24 * _HOUR_MS // copies
    stretch = window_ms // (last_ms - first_ms + 1)
    return [Past(first_ms, stretch, first_ms - _HOUR_MS - number * window_ms) for number in range(1, copies + 1)]


def _until(events: "DataFrame") -> dict[int, int]:
    """By partition, the offset after the last one; all before it are there."""
    from pyspark.sql import functions as F

    return dict(events.groupBy("partition").agg(F.max("offset") + 1).collect())


def _copied(rows: "DataFrame", past: Past, before: Mapping[int, int]) -> "DataFrame":
    """The rows as others, of the past, with offsets after those `before`.

    Bronze's payloads stay as they are, for nobody looks for posts there.
    """
    from pyspark.sql import functions as F

    beyond = F.create_map(*(F.lit(number) for pair in before.items() for number in pair))[F.col("partition")]
    time = next((name for name in ("created_at", "record_created_at") if name in rows.columns), None)
    own: dict[str, Column] = {"topic": F.lit(BEFORE), "offset": F.col("offset") + beyond}
    if time:
        ms = F.unix_millis(time)
        own |= {time: F.timestamp_millis(past.moved(ms))}
        own |= {"post_id": past.moved_id(F.col("post_id").cast("long"), ms).cast("string")}
    if "observation_id" in rows.columns:
        counts = F.substring_index("observation_id", "/", -4)
        own |= {"record_id": own["post_id"], "observation_id": F.concat_ws("/", own["post_id"], counts)}
    return rows.withColumns(own)


def _entry(partition: int, records: int) -> "Entry":
    """What the ledger says of the filled tables: one batch has read all of a partition."""
    from starling.ops.ledger import Entry

    now = datetime.now(timezone.utc)
    return Entry(
        query_id=BEFORE,
        batch_id=0,
        topic=BEFORE,
        partition=partition,
        from_offset=0,
        until_offset=records,
        records=records,
        posts=records,
        newest_record_at=now,
        started_at=now,
        written_at=now,
        **dict.fromkeys(("engagement", "deletions", "rejected", "duplicates", "repeated"), 0),
    )


def _late(spark: "SparkSession", source: str, pasts: list[Past], late: int) -> list[tuple[str, str]]:
    """Key and payload of so many copies' records."""
    from pyspark.sql import functions as F

    from starling import delta
    from starling.bronze import events

    templates = delta.read(spark, events.TABLE, source).orderBy(F.xxhash64("partition", "offset")).limit(late)
    records = []
    for number, row in enumerate(templates.select("payload").collect()):
        message, past = json.loads(row.payload), pasts[number % len(pasts)]
        post = message["data"]
        created = datetime.fromisoformat(post["created_at"].replace("Z", "+00:00"))
        ms = round(created.timestamp() * 1000)
        post["id"] = str(past.moved_id(int(post["id"]), ms))
        moved = datetime.fromtimestamp(past.moved(ms) / 1000, timezone.utc)
        post["created_at"] = moved.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        records.append((f"x:{post['id']}", json.dumps(message, ensure_ascii=False)))
    return records
