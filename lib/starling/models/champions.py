"""The champions that a running stream scores with: taken up as they are promoted, kept when anything goes wrong."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from starling.errors import StarlingError
from starling.failures import in_one_line
from starling.models.scoring import Champions
from starling.models.trained import ENGAGEMENT, TOPICS, Loaded

# The models that score posts.
NAMES = (TOPICS, ENGAGEMENT)
# How long a version that was refused is left alone; what was wrong may have been a disk or a network.
RETRY_SECONDS = 60.0


class Registry(Protocol):
    """What is asked of the registry; each may raise ModelError."""

    def champion_version(self, name: str) -> int | None:
        """The version that is champion now; None where there is none."""

    def load(self, name: str, version: int) -> Loaded:
        """That version, verified."""

    def last_good(self, name: str) -> Loaded | None:
        """The champion that loaded last, from the work folder, verified; None where there never was one."""


@dataclass
class _Held:
    """One model's champion, as it stands."""

    loaded: Loaded | None = None
    confirmed: int | None = None  # the version that the registry said and that is loaded
    refused: int | None = None  # the version that the registry said and that is of no use
    retry_at: float = 0.0
    unusable: str | None = None  # why posts go without scores although there is a champion
    said: str = ""  # what the last line was about, which is not said again


def beside(work: Callable[[], None]) -> None:
    """Does the work in a thread of its own, which keeps no program from ending."""
    threading.Thread(target=work, name="champions", daemon=True).start()


class ChampionWatch:
    """Asks the registry now and then, and says in one line what changed.

    A champion that does not load or cannot score an example, a registry that is gone or names no champion any more:
    each leaves the one that is held, or at a start the one that loaded last, from the work folder. The first batch
    waits for the answer, so that its posts are scored by who is champion then; later ones go on with what is held while
    a new one is fetched, loaded and tried out, which takes seconds. Nothing that goes wrong here reaches a batch.
    """

    def __init__(
        self,
        registry: Registry,
        refresh_seconds: float,
        say: Callable[[str], None],
        try_out: Callable[[Loaded], None],
        clock: Callable[[], float] = time.monotonic,
        apart: Callable[[Callable[[], None]], None] = beside,
    ) -> None:
        self._registry = registry
        self._refresh_seconds = refresh_seconds
        self._say = say
        self._try_out = try_out
        self._clock = clock
        self._apart = apart
        self._held = {name: _Held() for name in NAMES}
        self._champions = Champions()
        self._asked_at: float | None = None
        self._asking = False
        self._closed = False

    def current(self) -> Champions:
        """The champions to score the next batch with: one value, which no later promotion changes."""
        if self._asked_at is None:
            self._refresh()
        elif not self._asking and self._clock() - self._asked_at >= self._refresh_seconds:
            self._asking = True
            self._apart(self._refresh)
        return self._champions

    def version(self, name: str) -> int:
        """The version that scores posts now; 0 where there is none."""
        loaded = self._held[name].loaded
        return loaded.version if loaded else 0

    def close(self) -> None:
        """Says nothing any more, whatever is still going on."""
        self._closed = True

    def _refresh(self) -> None:
        try:
            for name, held in self._held.items():
                self._ask(name, held)
            self._champions = Champions(
                topics=self._held[TOPICS].loaded,
                engagement=self._held[ENGAGEMENT].loaded,
                unusable={name: held.unusable for name, held in self._held.items() if held.unusable},
            )
        finally:
            self._asked_at = self._clock()
            self._asking = False

    def _ask(self, name: str, held: _Held) -> None:
        try:
            version = self._registry.champion_version(name)
        except Exception as error:  # of whatever kind: the batches go on
            held.unusable = held.unusable or "the registry does not answer"
            self._keep(name, held, "silent", _said(error))
            return
        if version is None:
            held.unusable = None
            self._keep(name, held, "none", "the registry names no champion")
        elif version == held.confirmed:
            self._tell(held, f"champion {version}", f"{name} version {version}")
        elif version != held.refused or self._clock() >= held.retry_at:
            self._take_up(name, version, held)

    def _take_up(self, name: str, version: int, held: _Held) -> None:
        try:
            loaded = self._registry.load(name, version)
            self._try_out(loaded)
        except Exception as error:
            held.refused, held.retry_at = version, self._clock() + RETRY_SECONDS
            held.unusable = f"version {version} is refused"
            self._keep(name, held, f"refused {version}", f"version {version} is refused: {_said(error)}")
            return
        held.loaded, held.confirmed, held.refused, held.unusable = loaded, version, None, None
        self._tell(held, f"champion {version}", f"{name} version {version}")

    def _keep(self, name: str, held: _Held, trouble: str, why: str) -> None:
        """Goes on with what is held. When all is well again, it is compared with the registry's once more."""
        held.confirmed = None
        if held.loaded is None:
            try:
                held.loaded = self._last_good(name)
            except Exception as error:
                held.unusable = "the champion cannot be loaded"
                why = f"{why}; nor can the last good one be used: {_said(error)}"
        if held.loaded:
            held.unusable = None
            self._tell(held, trouble, f"{name} version {held.loaded.version} stays: {why}")
        elif held.unusable:
            self._tell(held, trouble, f"{name} has none, and posts go without its scores: {why}")

    def _last_good(self, name: str) -> Loaded | None:
        loaded = self._registry.last_good(name)
        if loaded:
            self._try_out(loaded)
        return loaded

    def _tell(self, held: _Held, about: str, text: str) -> None:
        if about != held.said and not self._closed:
            held.said = about
            self._say(f"champion: {text}")


def _said(error: Exception) -> str:
    return str(error) if isinstance(error, StarlingError) else in_one_line(error)
