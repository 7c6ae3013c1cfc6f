"""The gate: whether a challenger may become champion. Pure: it is told all that it goes by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from starling.models.trained import Interval


@dataclass(frozen=True)
class Decision:
    """What the gate says, and why: every reason against, or what spoke for it."""

    promote: bool
    reasons: Sequence[str]


def decide(
    leads: Mapping[str, Interval],
    champion: int | None,
    against: tuple[int, Interval] | None,
    reload_problems: Sequence[str],
) -> Decision:
    """Whether a challenger may become champion.

    `leads` over the baselines, and `against` a version that was champion, are by how much it is better on the same
    held-out rows, with a 95 % interval: better by more than the noise is an interval that lies above zero. `champion`
    is the version that is champion now.
    """
    reasons = [*reload_problems, *_behind(leads), *_unproven(champion, against)]
    if reasons:
        return Decision(promote=False, reasons=reasons)
    return Decision(promote=True, reasons=_ahead(leads, against))


def _behind(leads: Mapping[str, Interval]) -> list[str]:
    if not leads:
        return ["it was compared with no baseline"]
    return [f"no better than {name} by more than the noise: {_said(lead)}" for name, lead in _losing(leads)]


def _unproven(champion: int | None, against: tuple[int, Interval] | None) -> list[str]:
    if champion is None:
        return []
    if against is None or against[0] != champion:
        return [f"it was not compared with version {champion}, the champion: train again"]
    return _behind({f"version {champion}, the champion,": against[1]})


def _losing(leads: Mapping[str, Interval]) -> list[tuple[str, Interval]]:
    # Not `low <= 0`: a lead that is not a number is no lead.
    return [(name, lead) for name, lead in leads.items() if not lead.low > 0]


def _ahead(leads: Mapping[str, Interval], against: tuple[int, Interval] | None) -> list[str]:
    over = {**leads, **({f"version {against[0]}": against[1]} if against else {})}
    return [f"better than {name}: {_said(lead)}" for name, lead in over.items()]


def _said(lead: Interval) -> str:
    return f"{lead.estimate:+.4g} ({lead.low:+.4g} to {lead.high:+.4g})"
