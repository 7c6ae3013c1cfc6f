"""The champions as an analysis applies them, without Spark: taken up as they are promoted, kept when anything fails."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from starling.errors import ModelError, StarlingError
from starling.failures import in_one_line
from starling.models.analysis.results import ModelUsed
from starling.models.registry import Fetched, Registry

# How long a version that was refused is left alone; what was wrong may have been a disk or a network.
RETRY_SECONDS = 60.0

Model = TypeVar("Model")


@dataclass(frozen=True, eq=False)
class Held(Generic[Model]):
    """One model's champion, as it stands; itself again while nothing changes.

    `note` says why there is none, or why what is held may not be the newest.
    `version` and `digest` are those of `model`; `refused` is the digest of what the registry named and is of no use.
    """

    name: str
    make: Callable[[Fetched], Model]
    command: str  # what makes a champion
    model: Model | None = None
    version: int | None = None
    digest: str | None = None
    note: str | None = None
    refused: str | None = None
    retry_at: float = 0.0

    @property
    def used(self) -> ModelUsed:
        """As an analysis names it."""
        return ModelUsed(self.name, self.version, self.note)

    @property
    def reason(self) -> str:
        """Why there is none."""
        return self.note or f"no champion: {self.command}"

    def refreshed(self, registry: Registry, now: float) -> "Held[Model]":
        """What the registry has now, where it can be used; else what is held, with a note. Milliseconds on SQLite."""
        try:
            version = registry.champion_version(self.name)
            digest = None if version is None else registry.digest(self.name, version)
        except ModelError as error:
            return self._kept(registry, str(error))
        if version is None:
            return self._kept(registry, f"no champion: {self.command}")
        if digest == self.digest:
            as_is = (self.version, self.note) == (version, None)
            return self if as_is else replace(self, version=version, note=None, refused=None)
        if digest == self.refused and now < self.retry_at:
            return self
        try:
            files = registry.fetched(self.name, version)
            made = self._made(files)
        except Exception as error:  # of whatever kind: a page goes on with what there is
            waiting = replace(self, refused=digest, retry_at=now + RETRY_SECONDS)
            return waiting._kept(registry, f"version {version} is refused: {_said(error)}")
        with suppress(OSError):  # into a folder that is read-only; what was loaded is good all the same
            registry.remember(self.name, files)
        return made

    def _made(self, files: Fetched) -> "Held[Model]":
        model = self.make(files)
        return replace(
            self, model=model, version=files.version, digest=files.digest, note=None, refused=None, retry_at=0.0
        )

    def _kept(self, registry: Registry, why: str) -> "Held[Model]":
        """Goes on with what is held, at a start with the champion that was good last, from the work folder."""
        if self.model is not None:
            return self._with_note(why)
        try:
            files = registry.last_fetched(self.name)
            return self._with_note(why) if files is None else self._made(files)._with_note(why)
        except Exception as error:
            return self._with_note(f"{why}; nor can the last good one be used: {_said(error)}")

    def _with_note(self, why: str) -> "Held[Model]":
        return self if self.note == why else replace(self, note=why)


def _said(error: Exception) -> str:
    return str(error) if isinstance(error, StarlingError) else in_one_line(error)
