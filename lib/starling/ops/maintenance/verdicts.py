"""What a check of the invariants found, as values, as lines and as JSON."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pyspark.sql import DataFrame

# Places that a verdict names; where there are more, the first of them.
MOST_PLACES = 5


@dataclass(frozen=True)
class Verdict:
    """One invariant: whether it holds, None where it could not be looked at; what was found, and where."""

    invariant: str
    holds: bool | None
    said: str
    where: tuple[str, ...] = ()

    @property
    def state(self) -> str:
        """ok, WRONG, or skipped."""
        return {True: "ok", False: "WRONG", None: "skipped"}[self.holds]


@dataclass(frozen=True)
class Report:
    """All that was found of a lake."""

    lake: str
    verdicts: Sequence[Verdict]

    @property
    def findings(self) -> tuple[Verdict, ...]:
        """The invariants that do not hold."""
        return tuple(verdict for verdict in self.verdicts if verdict.holds is False)

    @property
    def ok(self) -> bool:
        """Whether all that could be looked at holds."""
        return not self.findings

    def lines(self) -> Iterator[str]:
        """The report for a person."""
        yield f"Invariants of {self.lake}"
        width = max(len(verdict.invariant) for verdict in self.verdicts)
        for verdict in self.verdicts:
            yield f"  {verdict.state:<7}  {verdict.invariant:<{width}}  {verdict.said}"
            yield from (f"  {'':<7}  {'':<{width}}    {place}" for place in verdict.where)

    def as_json(self) -> dict[str, Any]:
        """The report for a program."""
        verdicts = [
            {"invariant": v.invariant, "state": v.state.lower(), "said": v.said, "where": list(v.where)}
            for v in self.verdicts
        ]
        return {"lake": self.lake, "ok": self.ok, "invariants": verdicts}


def none_of(invariant: str, wrong: DataFrame, what: str, fine: str) -> Verdict:
    """That there is no row of `wrong`; else how many there are, said with `what`, and where the first ones are.

    A row's place is said by all of its columns.
    """
    return verdict(invariant, wrong.count(), lambda: wrong, what, fine)


def verdict(invariant: str, count: int, wrong: Callable[[], DataFrame], what: str, fine: str) -> Verdict:
    """The same where it is known how many rows there are, which are read only if there are some."""
    if not count:
        return Verdict(invariant, True, fine)
    rows = wrong()
    first = rows.orderBy(*rows.columns).limit(MOST_PLACES).collect()
    return Verdict(invariant, False, f"{count:,} {what}", tuple(_place(row.asDict()) for row in first))


def _place(row: dict[str, Any]) -> str:
    """A row in words.

    >>> _place({"topic": "posts", "partition": 1, "offset": 7, "n": 2})
    'posts-1 at 7, n 2'
    >>> _place({"platform": "x", "post_id": "12"})
    'platform x, post_id 12'
    """
    rest = dict(row)
    at = []
    if {"topic", "partition", "offset"} <= rest.keys():
        at = [f"{rest.pop('topic')}-{rest.pop('partition')} at {rest.pop('offset')}"]
    return ", ".join([*at, *(f"{name} {value}" for name, value in rest.items())])
