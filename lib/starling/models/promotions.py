"""Champions are made and unmade here: through the gate, with every decision in the log ops.promotions."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from pyspark.sql import SparkSession

from starling import delta, failpoints
from starling.broker import locks
from starling.errors import ModelError
from starling.models.facts import Facts
from starling.models.promotion import Decision, decide
from starling.models.registry import NoSuchVersionError, Registry
from starling.models.verified import UnusableModelError
from starling.ops import promotions
from starling.ops.promotions import PROMOTED, REFUSED, ROLLED_BACK, Entry

LAST_TAG = "starling.last_promotion"
LOCK_SECONDS = 60.0


class Promotions:
    """Decides, logs, then moves the alias: in that order, so that no champion is without its row in the log.

    A crash between the row and the move is made good by `settle`, which each decision begins with: the registry notes
    the last row that was carried out, and a row without its note is carried out then. Two processes of one work folder
    take turns; of others, whose turns may mix, both rows are kept and the last one holds.
    """

    def __init__(self, registry: Registry, spark: SparkSession, lake: str, lock_seconds: float = LOCK_SECONDS) -> None:
        self._registry = registry
        self._spark = spark
        self._lake = lake
        self._lock_seconds = lock_seconds

    def consider(self, name: str, version: int, problems: Sequence[str] = ()) -> Decision:
        """Makes a version champion if the gate lets it pass; logs what was decided, and why.

        `problems` are reasons against it that its files do not know of.
        """
        with self._turn():
            self._settle(name)
            champion = self._registry.champion_version(name)
            decision, evidence = self._judged(name, version, champion, problems)
            action = PROMOTED if decision.promote else REFUSED
            self._act(Entry(name, action, version, champion, "; ".join(decision.reasons), evidence))
        return decision

    def rollback(self, name: str) -> int:
        """Makes the champion before this one champion again, if it still loads; returns its version."""
        with self._turn():
            log = self._settle(name)
            champion = self._registry.champion_version(name)
            if champion is None:
                raise ModelError(f"{name} has no champion that could be rolled back")
            previous = self._before(log, name, champion)
            self._registry.load(name, previous)
            evidence = {"manifest_sha256": self._registry.digest(name, previous)}
            reason = f"version {champion} was rolled back"
            self._act(Entry(name, ROLLED_BACK, previous, champion, reason, evidence))
        return previous

    def decided(self, name: str, version: int) -> bool:
        """Whether the log has a decision on a version."""
        with self._turn():
            return any(entry.version == version and self._is_known(entry) for entry in self._settle(name))

    def settle(self, name: str) -> None:
        """Carries out the last decision of the log, if a crash kept it from that."""
        with self._turn():
            self._settle(name)

    def _judged(
        self, name: str, version: int, champion: int | None, problems: Sequence[str]
    ) -> tuple[Decision, dict[str, Any]]:
        try:
            facts = self._registry.facts(name, version)
        except UnusableModelError as error:
            return Decision(promote=False, reasons=[str(error)]), {}
        evidence = _evidence(facts) | {"manifest_sha256": self._registry.digest(name, version)}
        if version == champion:
            return Decision(promote=False, reasons=[f"version {version} is the champion"]), evidence
        problems = [*problems, *self._registry.reload_problems(name, version)]
        return decide(facts.leads, champion, facts.against, problems), evidence

    def _act(self, entry: Entry) -> None:
        delta.append(promotions.rows(self._spark, [entry]), promotions.TABLE, self._lake, 1)
        failpoints.reach("in_promotion")
        if entry.action != REFUSED:
            self._carry_out(entry)

    def _carry_out(self, entry: Entry) -> None:
        self._registry.make_champion(entry.model, entry.version)
        self._registry.note(entry.model, LAST_TAG, entry.promotion_id)

    def _settle(self, name: str) -> list[Entry]:
        """Settles, and returns the log."""
        delta.create(self._spark, promotions.TABLE, self._lake)
        log = promotions.of_model(delta.read(self._spark, promotions.TABLE, self._lake), name)
        moves = [entry for entry in log if entry.action != REFUSED and self._is_known(entry)]
        if moves and self._registry.noted(name, LAST_TAG) != moves[-1].promotion_id:
            # Elsewhere than before the decision, somebody has moved the alias since: that holds.
            if self._registry.champion_version(name) == moves[-1].previous_version:
                self._registry.make_champion(name, moves[-1].version)
            self._registry.note(name, LAST_TAG, moves[-1].promotion_id)
        return log

    def _is_known(self, entry: Entry) -> bool:
        """Whether the entry is about the version that the registry has under that number, and not a former registry."""
        try:
            return self._registry.digest(entry.model, entry.version) == entry.evidence.get("manifest_sha256")
        except (UnusableModelError, NoSuchVersionError):
            return False

    def _before(self, log: list[Entry], name: str, champion: int) -> int:
        made = [e for e in log if e.action == PROMOTED and e.version == champion and self._is_known(e)]
        if not made or made[-1].previous_version is None:
            raise ModelError(
                f"the log knows no champion of {name} before version {champion}: promote one with --promote --version N"
            )
        return made[-1].previous_version

    def _turn(self) -> locks.Lock:
        place = self._registry.store.folder / "promotion.lock"
        place.parent.mkdir(parents=True, exist_ok=True)
        lock = locks.take(place, self._lock_seconds)
        if lock is None:
            raise ModelError(f"another process is deciding on champions and holds {place}: wait until it is done")
        return lock


def _evidence(facts: Facts) -> dict[str, Any]:
    kept = asdict(facts)
    return {key: kept[key] for key in ("run_id", "leads", "against", "metrics", "tables", "git_commit")}
