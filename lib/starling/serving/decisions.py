"""The log of decisions on the models' versions, what each rests on, and which versions scored the posts."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb

from starling.ops.promotions import REFUSED

_LOG = """
SELECT "at", model, action, version, previous_version, reason, evidence FROM promotions ORDER BY "at" DESC, promotion_id
"""
_CHAMPIONS = """
SELECT model, arg_max(version, "at"), max("at") FROM promotions WHERE action <> ? GROUP BY model ORDER BY model
"""
_SCORED_BY = """
SELECT topics_version, engagement_version, count(*) AS posts, max(scored_at) AS newest
FROM scores GROUP BY ALL ORDER BY newest DESC
"""


@dataclass(frozen=True)
class Lead:
    """By how much a version is better than a rival, with its 95 % interval: better, where all of it is above zero."""

    rival: str
    estimate: float
    low: float
    high: float

    @property
    def better(self) -> bool:
        """Whether the lead is more than the noise."""
        return self.low > 0


@dataclass(frozen=True)
class Decision:
    """A decision. Times are UTC without a zone."""

    at: datetime
    model: str
    action: str
    version: int
    previous_version: int | None
    reasons: Sequence[str]
    leads: Sequence[Lead]
    facts: Sequence[tuple[str, str]]  # all else that it rests on, by name


@dataclass(frozen=True)
class ScoredBy:
    """Posts that were scored by the same versions of the models; None: by none."""

    topics_version: int | None
    engagement_version: int | None
    posts: int
    newest: datetime


def decisions(cursor: duckdb.DuckDBPyConnection) -> list[Decision]:
    """All of them, newest first."""
    return [_decision(*row) for row in cursor.execute(_LOG).fetchall()]


def champions(cursor: duckdb.DuckDBPyConnection) -> dict[str, tuple[int, datetime]]:
    """By model, the version that is champion by the log, and since when."""
    return {model: (version, at) for model, version, at in cursor.execute(_CHAMPIONS, [REFUSED]).fetchall()}


def champion(cursor: duckdb.DuckDBPyConnection, model: str) -> int | None:
    """The version of a model that is champion; None where there is none."""
    found = champions(cursor).get(model)
    return found[0] if found else None


def scored_by(cursor: duckdb.DuckDBPyConnection) -> list[ScoredBy]:
    """How many posts each pair of versions scored. A look at all scores: to be kept until the index changes."""
    return [ScoredBy(*row) for row in cursor.execute(_SCORED_BY).fetchall()]


def _decision(
    at: datetime, model: str, action: str, version: int, previous: int | None, reason: str, evidence: str
) -> Decision:
    try:
        said = json.loads(evidence)
    except ValueError:
        said = evidence
    said = said if isinstance(said, dict) else {"evidence": said}
    leads = _leads(said.pop("leads", None))
    return Decision(at, model, action, version, previous, reason.split("; "), leads, list(flat(said)))


def _leads(said: Any) -> list[Lead]:
    """
    >>> _leads({"random": {"estimate": 0.2, "low": 0.1, "high": 0.3}, "unknown": 1})
    [Lead(rival='random', estimate=0.2, low=0.1, high=0.3)]
    """
    found = said if isinstance(said, Mapping) else {}
    ends = ("estimate", "low", "high")
    return [
        Lead(rival, *(float(lead[end]) for end in ends))
        for rival, lead in sorted(found.items())
        if isinstance(lead, Mapping) and all(isinstance(lead.get(end), int | float) for end in ends)
    ]


def flat(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """What JSON holds as names and values, a name within a name after a dot; nothing of what is null.

    >>> list(flat({"k": 13, "metrics": {"npmi": 0.04927755}, "against": None, "tables": {"silver.posts": 1}}))
    [('k', '13'), ('metrics · npmi', '0.04928'), ('tables · silver.posts', '1')]
    """
    if isinstance(value, Mapping):
        for key, one in value.items():
            yield from flat(one, f"{name} · {key}" if name else str(key))
    elif isinstance(value, float):
        yield name, f"{value:.4g}"
    elif isinstance(value, list):
        yield name, ", ".join(map(str, value))
    elif value is not None:
        yield name, str(value)
