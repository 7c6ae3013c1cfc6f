"""How far the numbers can be trusted: how old they are, whether the ledger behind them balances."""

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

import duckdb

from starling.serving.ledger import ACCOUNTED
from starling.settings import Serve


@dataclass(frozen=True)
class Trust:
    """What stands on every page beside its numbers. Times are UTC without a zone."""

    as_of: datetime | None  # when the newest micro-batch was written; None: there is none
    age: timedelta
    stale: bool
    unbalanced: int  # rows of the ledger that do not balance
    trouble: str | None  # why the tables cannot be read, where they cannot

    @property
    def state(self) -> str:
        """fresh, stale, unbalanced, unreadable or empty: the worst that is true."""
        if self.trouble:
            return "unreadable"
        if self.as_of is None:
            return "empty"
        if self.unbalanced:
            return "unbalanced"
        return "stale" if self.stale else "fresh"


def trust(cursor: duckdb.DuckDBPyConnection, serve: Serve, trouble: str | None = None) -> Trust:
    """As the index stands now."""
    ((as_of,),) = cursor.execute("SELECT max(written_at) FROM batches").fetchall()
    counted = f"SELECT count(*) FROM batches WHERE records <> {ACCOUNTED}"  # noqa: S608 -- our own words
    ((unbalanced,),) = cursor.execute(counted).fetchall()
    age = utc_now() - as_of if as_of else timedelta(0)
    return Trust(as_of, age, age > timedelta(minutes=serve.stale_minutes), unbalanced, trouble)


def utc_now() -> datetime:
    """Now, in UTC, without a zone: as the index has its times."""
    return datetime.now(timezone.utc).replace(tzinfo=None)
