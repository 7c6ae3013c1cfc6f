"""What a registered version says of itself beside the pipeline: the card, and what the gate needs to know."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from starling.models.trained import Interval

FILE = "card.json"


@dataclass(frozen=True)
class Facts:
    """`card.json`: the training's card, leads and metrics, and what they come from.

    `against` is the version that was champion at the training, and by how much this one is better than it.
    """

    name: str
    run_id: str
    card: Mapping[str, Any]
    leads: Mapping[str, Interval]
    metrics: Mapping[str, float]
    tables: Mapping[str, int]
    seed: int
    git_commit: str
    against: tuple[int, Interval] | None = None
    code_version: str = field(default="")

    def write(self, folder: Path) -> None:
        """Puts them into the folder. Raises TypeError where the card holds what JSON cannot."""
        text = json.dumps(asdict(self), indent=1, sort_keys=True, default=_number)
        (folder / FILE).write_text(text, encoding="utf-8")


def read(folder: Path) -> Facts:
    """The facts of a verified folder."""
    values = json.loads((folder / FILE).read_bytes())
    leads = {name: Interval(**lead) for name, lead in values.pop("leads").items()}
    against = values.pop("against")
    return Facts(**values, leads=leads, against=(against[0], Interval(**against[1])) if against else None)


def _number(value: Any) -> Any:
    """NumPy's numbers, which JSON does not know, as Python's."""
    try:
        return value.item()
    except (AttributeError, ValueError):
        raise TypeError(f"a model's card holds a {type(value).__name__}, which JSON cannot say") from None
