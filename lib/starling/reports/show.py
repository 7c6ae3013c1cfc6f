"""A figure, shown where its reader is."""

import sys
from pathlib import Path

from matplotlib.figure import Figure

from starling.settings import Settings


def show(figure: Figure, name: str, settings: Settings) -> None:
    """Shows the figure below the cell in a notebook; elsewhere writes `notebooks/NAME.png` into the work folder."""
    if "ipykernel" in sys.modules:
        from IPython.display import display

        display(figure)
        return
    path = Path(settings.paths.work) / "notebooks" / f"{name}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=120)
    print(f"figure: {path}")
