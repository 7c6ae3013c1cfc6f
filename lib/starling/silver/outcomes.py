"""What becomes of each record of a batch: the one place that decides what is new, what is a copy, what is refused.

A record is judged by what the tables already hold, and what they hold of the record itself (the same Kafka
coordinates) does not make it a copy. So a batch that is read again, after a crash or after its checkpoint was lost,
gets the same outcomes, and nothing is written twice.
"""

from dataclasses import dataclass

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from starling.bronze.events import COORDINATES
from starling.sources.record import DELETION, POST, REPOST

POST_KEY = ("platform", "post_id")
OBSERVATION_KEY = ("platform", "observation_id")

# What `judged` reads: enough to judge by, and small enough to be shuffled and broadcast.
JUDGED_BY = (*COORDINATES, "kind", "platform", "post_id", "observation_id", "reason")
# What `judged` finds: see there.
VERDICT = (
    "outcome",
    "deleted",
    "repeated",
    "is_post",
    "adds_event",
    "adds_post",
    "adds_observation",
    "adds_deletion",
    "adds_rejected",
)


@dataclass(frozen=True)
class Known:
    """What the tables hold of a batch: keys with the coordinates of the record that brought them, or only these.

    None says that a table can hold nothing of the batch, and spares looking.
    """

    posts: DataFrame
    observations: DataFrame
    deletions: DataFrame | None
    events: DataFrame | None
    rejected: DataFrame | None


def judged(records: DataFrame, known: Known) -> DataFrame:
    """COORDINATES and VERDICT: what becomes of each record. Grain: one row a record, still.

    Reads: JUDGED_BY. Adds: outcome string, one of ledger.OUTCOMES; deleted, whether it is refused because its post's
    deletion is known; repeated, whether an earlier batch had written it completely (bronze is written last); is_post,
    whether silver.posts has a row of it, be it now or since an earlier batch; and which rows are to be written now:
    adds_event, adds_post, adds_observation, adds_deletion, adds_rejected.
    """
    return (
        records.select(*JUDGED_BY)
        .transform(_with_known, known.posts, POST_KEY, "post")
        .transform(_with_known, known.observations, OBSERVATION_KEY, "observation")
        .transform(_with_known, known.deletions, POST_KEY, "deletion")
        .transform(_with_known, known.events, COORDINATES, "event")
        .transform(_with_known, known.rejected, COORDINATES, "rejected")
        .transform(_with_firsts)
        .transform(_with_verdict)
        .select(*COORDINATES, *VERDICT)
    )


def _with_known(records: DataFrame, known: DataFrame | None, key: tuple[str, ...], name: str) -> DataFrame:
    # + NAME_known boolean: null where the tables have none of the key, else whether this very record brought it
    if known is None:
        return records.withColumn(f"{name}_known", F.lit(None).cast("boolean"))
    theirs = known.select(*(F.col(c).alias(f"known_{c}") for c in dict.fromkeys((*key, *COORDINATES))))
    joined = records.join(F.broadcast(theirs), _equal(key), "left")
    return joined.withColumn(f"{name}_known", _equal(COORDINATES)).drop(*theirs.columns)


def _equal(columns: tuple[str, ...]) -> Column:
    """Null where there is nothing known to compare with."""
    return F.expr(" AND ".join(f"{c} = known_{c}" for c in columns))


def _with_firsts(records: DataFrame) -> DataFrame:
    # + first_NAME boolean: of equal keys in the batch, the record that Kafka has first; + deleted_here boolean
    good = F.col("reason").isNull()
    is_deletion = good & (F.col("kind") == DELETION)
    counted = good & F.col("observation_id").isNotNull()
    return records.withColumns(
        {
            "first_post": _first(good & (F.col("kind") == POST), POST_KEY),
            "first_deletion": _first(is_deletion, POST_KEY),
            "deleted_here": _yes(F.max(is_deletion).over(Window.partitionBy(*POST_KEY))),
            # A record counts one post, so that this needs no second shuffle.
            "first_observation": _first(counted, (*POST_KEY, "observation_id")),
        }
    )


def _first(among: Column, key: tuple[str, ...]) -> Column:
    place = F.struct("partition", "offset")
    return _yes(among & (place == F.min(F.when(among, place)).over(Window.partitionBy(*key))))


def _with_verdict(records: DataFrame) -> DataFrame:
    # + VERDICT
    # What was read completely and is not there was taken out since: nothing brings a deleted post back.
    lives = ~(F.col("repeated") & F.col("gone"))
    return (
        records.withColumn("repeated", F.col("event_known").isNotNull())
        .withColumn("gone", F.col("deletion_known").isNotNull() | F.col("deleted_here"))
        .withColumn("deleted", _is_deleted())
        .withColumn("outcome", _outcome())
        .withColumns(
            {
                "is_post": (F.col("outcome") == "posts") & (F.col("post_known").isNotNull() | lives),
                "adds_event": ~F.col("repeated"),
                "adds_post": (F.col("outcome") == "posts") & F.col("post_known").isNull() & lives,
                "adds_observation": F.col("outcome").isin("posts", "engagement")
                & F.col("observation_known").isNull()
                & F.col("first_observation")
                & lives,
                "adds_deletion": (F.col("outcome") == "deletions") & F.col("deletion_known").isNull(),
                "adds_rejected": (F.col("outcome") == "rejected")
                & F.col("rejected_known").isNull()
                & ~F.col("repeated"),
            }
        )
    )


def _is_deleted() -> Column:
    """A good record of a post that is known to be deleted, unless the record was written before the deletion came."""
    accepted = F.col("repeated") & F.col("rejected_known").isNull()
    written = _yes(F.col("post_known")) | _yes(F.col("observation_known")) | accepted
    return _yes(F.col("reason").isNull() & F.col("kind").isin(POST, REPOST) & F.col("gone") & ~written)


def _outcome() -> Column:
    """What the tables hold already decides; where they hold nothing, the first of the batch does."""
    new_post = F.coalesce("post_known", "first_post")
    new_counts = F.coalesce("observation_known", "first_observation")
    return (
        F.when(F.col("reason").isNotNull() | F.col("deleted"), "rejected")
        .when((F.col("kind") == POST) & new_post, "posts")
        .when((F.col("kind") == DELETION) & F.coalesce("deletion_known", "first_deletion"), "deletions")
        .when(F.col("kind").isin(POST, REPOST) & new_counts, "engagement")
        .otherwise("duplicates")
    )


def _yes(condition: Column) -> Column:
    return F.coalesce(condition, F.lit(False))
