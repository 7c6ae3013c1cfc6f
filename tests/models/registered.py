"""Versions of a model without the training: copies of one that was trained, with other facts or broken files."""

import shutil
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from starling.models import facts
from starling.models.registry import Registry
from starling.models.verified import write_manifest


@dataclass(frozen=True)
class Original:
    """A version that was trained and recorded."""

    name: str
    version: int
    run_id: str
    folder: Path
    registry: Registry

    def again(self, name: str, tamper: Callable[[Path], None] = lambda folder: None, **other: Any) -> int:
        """Registers its files, tampered with before, as the next version of `name`; `other` are other facts."""
        folder = self.folder.with_name(f"copy-{uuid.uuid4().hex}")
        shutil.copytree(self.folder, folder)
        replace(facts.read(folder), name=name, **other).write(folder)
        tamper(folder)
        return self.registry.register(name, self.run_id, str(folder), write_manifest(folder))

    def artifacts(self, name: str, version: int) -> Path:
        """Where the registry has the files of a version."""
        return Path(self.registry.store.client.get_model_version_download_uri(name, str(version)))
