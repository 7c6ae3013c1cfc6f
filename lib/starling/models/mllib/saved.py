"""What MLlib writes when it saves a pipeline: a folder for each stage, with its parameters and what it has learnt."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq


@dataclass(frozen=True)
class Stage:
    """One stage: its class without the package, and its parameters with the defaults of those that were not set."""

    kind: str
    params: Mapping[str, Any]
    folder: Path

    def learnt(self) -> pa.Table:
        """What the stage was fitted to say."""
        return pq.read_table(self.folder / "data")

    def learnt_row(self) -> Mapping[str, Any]:
        """That, of a kind that keeps it in one row."""
        (row,) = self.learnt().to_pylist()
        found: Mapping[str, Any] = row
        return found


def stages(folder: Path) -> Iterator[Stage]:
    """The stages of the pipeline in the folder, in their order."""
    uids = _metadata(folder)["paramMap"]["stageUids"]
    for place, uid in enumerate(uids):
        one = folder / "stages" / f"{place:0{len(str(len(uids)))}}_{uid}"
        about = _metadata(one)
        yield Stage(about["class"].rpartition(".")[2], about["defaultParamMap"] | about["paramMap"], one)


def _metadata(folder: Path) -> dict[str, Any]:
    (file,) = (folder / "metadata").glob("part-*")
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found
