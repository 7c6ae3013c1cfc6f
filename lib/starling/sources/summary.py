"""What became of the records of a replay: counted while it runs, said when it is over."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from starling.errors import BrokerError

PROBLEMS_SHOWN = 5


class Place(NamedTuple):
    """Where a record came from: the file, by its place among the given ones, and the line, from 1."""

    file: int
    line: int


class Problem(NamedTuple):
    """A record that was not delivered: where it stands, and why."""

    where: str
    reason: str


@dataclass
class Tally:
    """The counts of a replay while it runs, and the first few problems of each kind."""

    names: Sequence[str]
    sent: int = 0
    failed: int = 0
    skipped: int = 0
    empty_lines: int = 0
    failures: list[Problem] = field(default_factory=list)
    skips: list[Problem] = field(default_factory=list)

    def skip(self, place: Place, reason: str) -> None:
        """Counts a record that is not sent."""
        self.skipped += 1
        self._note(self.skips, place, reason)

    def fail(self, place: Place, reason: str) -> None:
        """Counts a record that the broker did not take."""
        self.failed += 1
        self._note(self.failures, place, reason)

    def _note(self, problems: list[Problem], place: Place, reason: str) -> None:
        if len(problems) < PROBLEMS_SHOWN:
            problems.append(Problem(f"{self.names[place.file]}:{place.line}", reason))


@dataclass(frozen=True)
class Summary:
    """What a replay did: every record that it came to was acknowledged by the broker (sent), failed, or was skipped.

    `complete` is False when it was stopped or `trouble`, the reason why it gave up, is not None.
    """

    topic: str
    sent: int
    failed: int
    skipped: int
    empty_lines: int
    seconds: float
    complete: bool
    trouble: str | None
    failures: tuple[Problem, ...]
    skips: tuple[Problem, ...]

    def lines(self) -> list[str]:
        """The summary to print, as plain text."""
        rate = self.sent / self.seconds if self.seconds else 0.0
        return [
            f"sent     {self.sent:>11,}  to {self.topic} in {self.seconds:,.1f} s ({rate:,.0f}/s)",
            f"failed   {self.failed:>11,}",
            *_described(self.failures, self.failed),
            f"skipped  {self.skipped:>11,}" + (f"  and {self.empty_lines:,} empty lines" if self.empty_lines else ""),
            *_described(self.skips, self.skipped),
            *([] if self.complete else ["stopped before the end"]),
        ]

    def report(self, *, failures_alone: bool = False) -> None:
        """Prints the lines, or with `failures_alone` only where there is a failure, which they give the reasons for.

        Raises BrokerError where a record was not delivered.
        """
        failure = self._failure()
        if failure or not failures_alone:
            print(*self.lines(), sep="\n", flush=True)
        if failure:
            raise BrokerError(failure)

    def _failure(self) -> str | None:
        if self.trouble is not None:
            return f"{self.trouble}; {self.failed:,} records were not acknowledged"
        if self.failed:
            return f"{self.failed:,} records were refused, for the reasons above"
        return None


def _described(problems: Sequence[Problem], count: int) -> list[str]:
    more = [f"  and {count - len(problems):,} more"] if count > len(problems) else []
    return [f"  {problem.where}: {problem.reason}" for problem in problems] + more
