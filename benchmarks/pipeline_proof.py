"""That all who take part in the pipeline benchmark write the same, before anything is timed."""

import struct
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline_columns import SCORES, scores
from pipeline_load import Load, read_back

_SHOWN = 3

Row = Sequence[float | None]


@dataclass(frozen=True)
class Proof:
    """What was the same: so many posts and scored ones; and what ours alone does, who asks a text for its language."""

    posts: int
    scored: int
    undetermined: int
    detected: int


def prove(load: Load, outputs: Mapping[str, Any]) -> Proof:
    """Ends this program where an output has not the posts of the topic, each once, with the reference's scores.

    A post whose source does not know its language may have scores or none, but no others than the reference's.
    """
    there = read_back(load)
    said = {post_id: bits(scores(data["text"], data.get("lang"))) for post_id, data in there.items()}
    unsaid = {post_id for post_id, data in there.items() if data.get("lang", "und") == "und"}
    may_be = {post_id: bits(scores(there[post_id]["text"], "en")) for post_id in unsaid}
    for name, output in outputs.items():
        found = by_id(output)
        wrong = [*(there.keys() ^ found.keys())]
        wrong += [
            key for key in there.keys() & found.keys() if found[key] not in (said[key], may_be.get(key, said[key]))
        ]
        if wrong or len(output) != len(there):
            shown = ", ".join(wrong[:_SHOWN])
            sys.exit(f"({name}) wrote {len(output):,} rows of {len(there):,} posts, {len(wrong):,} not alike: {shown}")
    ours = by_id(outputs["ours"])
    unscored = bits([None] * len(SCORES))
    return Proof(
        posts=len(there),
        scored=sum(each != unscored for each in said.values()),
        undetermined=len(unsaid),
        detected=sum(ours[key] != unscored for key in unsaid),
    )


def by_id(output: Any) -> dict[str, bytes | None]:
    """The scores of each post."""
    rows = zip(*(output[name].to_pylist() for name in SCORES), strict=True)
    return dict(zip(output["post_id"].to_pylist(), map(bits, rows), strict=True))


def bits(row: Row) -> bytes | None:
    """The four scores as they are in memory; None where there are none."""
    return None if None in row else struct.pack("<4d", *row)
