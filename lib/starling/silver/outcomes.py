"""What becomes of each record of a batch: the one place that decides what is new, what is a copy, what is refused.

A record is judged by what the tables already hold, and what they hold of the record itself (the same Kafka
coordinates) does not make it a copy. So a batch that is read again, after a crash or after its checkpoint was lost,
gets the same outcomes, and nothing is written twice.

It is decided on the driver, of some numbers and ids a record: for a micro-batch that takes milliseconds, where the same
joins and windows as Spark's jobs took a second.
"""

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import pandas as pd
from pyspark.sql import Column

from starling.bronze.events import COORDINATES
from starling.sources.record import DELETION, POST, REPOST

POST_KEY = ("platform", "post_id")
OBSERVATION_KEY = ("platform", "observation_id")

# What `judged` reads.
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

_Values = TypeVar("_Values", pd.Series, Column)


@dataclass(frozen=True)
class Known:
    """What the tables hold of a batch: keys with the coordinates of the record that brought them, or only these.

    None says that a table can hold nothing of the batch, and spares looking.
    """

    posts: pd.DataFrame | None = None
    observations: pd.DataFrame | None = None
    deletions: pd.DataFrame | None = None
    events: pd.DataFrame | None = None
    rejected: pd.DataFrame | None = None


def judged(records: pd.DataFrame, known: Known) -> pd.DataFrame:
    """COORDINATES and VERDICT: what becomes of each record. Grain: one row a record, still.

    Reads: JUDGED_BY. Adds: outcome string, one of ledger.OUTCOMES; deleted, whether it is refused because its post's
    deletion is known; repeated, whether an earlier batch had written it completely (bronze is written last); is_post,
    whether silver.posts has a row of it, be it now or since an earlier batch; and which rows are to be written now:
    adds_event, adds_post, adds_observation, adds_deletion, adds_rejected.
    """
    # In Kafka's order, so that of equal keys the first row is the record that Kafka has first.
    rows = records.loc[:, list(JUDGED_BY)].sort_values(["partition", "offset"], ignore_index=True)
    return (
        rows.pipe(_with_known, known.posts, POST_KEY, "post")
        .pipe(_with_known, known.observations, OBSERVATION_KEY, "observation")
        .pipe(_with_known, known.deletions, POST_KEY, "deletion")
        .pipe(_with_known, known.events, COORDINATES, "event")
        .pipe(_with_known, known.rejected, COORDINATES, "rejected")
        .pipe(_with_firsts)
        .pipe(_with_verdict)
        .loc[:, [*COORDINATES, *VERDICT]]
    )


def alone(good: _Values, kind: _Values, counted: _Values) -> dict[str, _Values]:
    """VERDICT, but for outcome and repeated, on records of which nothing is known, and none is a copy of another.

    Reads whether they have no reason, their kind, and whether they have an observation_id.
    """
    is_post = good & (kind == POST)
    return {
        "deleted": good & ~good,
        "is_post": is_post,
        "adds_event": good | ~good,
        "adds_post": is_post,
        "adds_observation": good & counted,
        "adds_deletion": good & (kind == DELETION),
        "adds_rejected": ~good,
    }


def _with_known(records: pd.DataFrame, known: pd.DataFrame | None, key: tuple[str, ...], name: str) -> pd.DataFrame:
    # + NAME_known: whether the tables have the key; + NAME_own: whether this very record brought it
    if known is None or known.empty:
        return records.assign(**{f"{name}_known": False, f"{name}_own": False})
    theirs = known.loc[:, list(dict.fromkeys((*key, *COORDINATES)))].rename(columns=_known_name)
    joined = records.merge(theirs, how="left", left_on=list(key), right_on=[_known_name(column) for column in key])
    is_known = joined[_known_name("offset")].notna()
    own = np.logical_and.reduce([joined[column] == joined[_known_name(column)] for column in COORDINATES])
    return records.assign(**{f"{name}_known": is_known.to_numpy(), f"{name}_own": own})


def _known_name(column: str) -> str:
    return f"known_{column}"


def _with_firsts(records: pd.DataFrame) -> pd.DataFrame:
    # + first_NAME: of equal keys in the batch, the record that Kafka has first; + deleted_here
    good = records["reason"].isna()
    is_deletion = good & (records["kind"] == DELETION)
    deleted = records.loc[is_deletion, list(POST_KEY)].drop_duplicates()
    return records.assign(
        first_post=_first(records, good & (records["kind"] == POST), POST_KEY),
        first_deletion=_first(records, is_deletion, POST_KEY),
        deleted_here=_among(records, deleted),
        first_observation=_first(records, good & records["observation_id"].notna(), OBSERVATION_KEY),
    )


def _first(records: pd.DataFrame, among: pd.Series, key: tuple[str, ...]) -> pd.Series:
    first = ~records.loc[among, list(key)].duplicated()
    return first.reindex(records.index, fill_value=False)


def _among(records: pd.DataFrame, posts: pd.DataFrame) -> "pd.Series | bool":
    if posts.empty:
        return False
    keys = pd.MultiIndex.from_frame(records.loc[:, list(POST_KEY)])
    return pd.Series(keys.isin(pd.MultiIndex.from_frame(posts)), index=records.index)


def _with_verdict(records: pd.DataFrame) -> pd.DataFrame:
    # + VERDICT
    rows = records.assign(repeated=records["event_known"], gone=records["deletion_known"] | records["deleted_here"])
    rows["deleted"] = _is_deleted(rows)
    rows["outcome"] = _outcome(rows)
    # What was read completely and is not there was taken out since: nothing brings a deleted post back.
    lives = ~(rows["repeated"] & rows["gone"])
    is_post = rows["outcome"] == "posts"
    return rows.assign(
        is_post=is_post & (rows["post_known"] | lives),
        adds_event=~rows["repeated"],
        adds_post=is_post & ~rows["post_known"] & lives,
        adds_observation=rows["outcome"].isin(("posts", "engagement"))
        & ~rows["observation_known"]
        & rows["first_observation"]
        & lives,
        adds_deletion=(rows["outcome"] == "deletions") & ~rows["deletion_known"],
        adds_rejected=(rows["outcome"] == "rejected") & ~rows["rejected_known"] & ~rows["repeated"],
    )


def _is_deleted(rows: pd.DataFrame) -> pd.Series:
    """A good record of a post that is known to be deleted, unless the record was written before the deletion came."""
    accepted = rows["repeated"] & ~rows["rejected_known"]
    written = rows["post_own"] | rows["observation_own"] | accepted
    return rows["reason"].isna() & rows["kind"].isin((POST, REPOST)) & rows["gone"] & ~written


def _outcome(rows: pd.DataFrame) -> pd.Series:
    """What the tables hold already decides; where they hold nothing, the first of the batch does."""

    def new(name: str) -> pd.Series:
        return rows[f"{name}_own"].where(rows[f"{name}_known"], rows[f"first_{name}"])

    kind = rows["kind"]
    found = np.select(
        [
            rows["reason"].notna() | rows["deleted"],
            (kind == POST) & new("post"),
            (kind == DELETION) & new("deletion"),
            kind.isin((POST, REPOST)) & new("observation"),
        ],
        ["rejected", "posts", "deletions", "engagement"],
        "duplicates",
    )
    return pd.Series(found, index=rows.index)
