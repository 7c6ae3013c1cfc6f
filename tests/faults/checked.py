"""What a fault must leave behind: tables that keep every promise, and the same as without the fault."""

from collections import Counter
from pathlib import Path

from faults.figures import Tally
from starling.ops.maintenance.invariants import check
from streams.lakes import Lake


def is_whole(lake: Lake) -> None:
    """Every invariant holds, Kafka's own records included."""
    report = check(lake.spark, lake.settings, lake.servers)
    assert report.ok, "\n".join(report.lines())


def tell(tally: Tally, lake: Lake, sent: int) -> None:
    """Counts what was sent, and what of it the tables lack or have twice."""
    rows = lake.rows("bronze.events", "topic", "partition", "offset")
    found = Counter(tuple(row.values()) for row in rows)
    tally.records(sent=sent, lost=sent - len(found), doubled=sum(found.values()) - len(found))
    assert len(found) == sum(found.values()) == sent


def versions(lake: Lake) -> dict[str, int]:
    """The last commit of each table, by its log."""
    return {
        str(log.parent.relative_to(lake.settings.lake)): max(int(commit.stem) for commit in log.glob("*.json"))
        for log in Path(lake.settings.lake).rglob("_delta_log")
    }
