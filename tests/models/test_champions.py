"""Which model scores posts, whatever becomes of the registry: the watch beside a real one, on SQLite."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from models.registered import Original
from starling.models.champions import NAMES, RETRY_SECONDS, ChampionWatch
from starling.models.registry import Registry
from starling.models.store import Store
from starling.models.trained import ENGAGEMENT, TOPICS, Loaded
from starling.settings import Paths, Settings


@dataclass
class Watched:
    """A watch with a clock that is set by hand, over a copy of the registry; `says` is what it has said."""

    original: Original
    registry: Registry
    spark: SparkSession
    says: list[str] = field(default_factory=list)
    tried: list[tuple[str, int]] = field(default_factory=list)
    bad: set[int] = field(default_factory=set)
    now: float = 0.0

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        """A stream that starts, as far as the watch knows."""
        registry = Registry(_settings(self.registry.store.work), self.spark, _store(self.registry.store.work))
        self.watch = ChampionWatch(registry, 10, self.says.append, self.try_out, lambda: self.now, lambda work: work())

    def try_out(self, model: Loaded) -> None:
        self.tried.append((model.name, model.version))
        if model.version in self.bad:
            raise ValueError("cannot score")

    def promoted(self, tamper: Callable[[Path], None] = lambda folder: None, name: str = TOPICS) -> int:
        """A new version of a model, promoted; its files are tampered with once they are registered."""
        own = replace(self.original, registry=self.registry)
        version = own.again(name)
        tamper(own.artifacts(name, version))
        self.registry.make_champion(name, version)
        return version

    def after(self, seconds: float) -> tuple[int | None, str | None, list[str]]:
        """The version of the topics that scores then, or why none does, and what was said meanwhile."""
        self.now += seconds
        self.says.clear()
        self.watch.current()
        found = self.watch.current()  # the first call has asked, and the second has the answer
        return found.topics and found.topics.version, found.unusable.get(TOPICS), list(self.says)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Another process writes to the database for long."""
        other = sqlite3.connect(self.database, isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.close()

    @property
    def database(self) -> Path:
        assert self.registry.store.sqlite
        return self.registry.store.sqlite


def _settings(work: Path) -> Settings:
    return Settings(paths=Paths(work=str(work)))


def _store(work: Path) -> Store:
    return Store(_settings(work), read_seconds=0.1, write_seconds=0.1)


def _cut(folder: Path) -> None:
    (file,) = folder.glob("sparkml/stages/1_*/data/part-00000-*")
    file.write_bytes(file.read_bytes()[:-1])


@pytest.fixture
def watched(original: Original, spark: SparkSession, tmp_path: Path) -> Watched:
    """A registry with one champion of the topics, version 1, and a watch that has not asked yet."""
    work = tmp_path / "work"
    store = _store(work)
    assert store.sqlite
    assert original.registry.store.sqlite
    store.sqlite.parent.mkdir(parents=True)
    shutil.copy(original.registry.store.sqlite, store.sqlite)
    found = Watched(original, Registry(_settings(work), spark, store), spark)
    assert found.promoted() == 1
    return found


def test_a_champion_is_tried_out_taken_up_at_the_start_and_asked_for_now_and_then(watched: Watched) -> None:
    assert watched.after(0) == (1, None, [f"champion: {TOPICS} version 1"])
    assert watched.tried == [(TOPICS, 1)]
    second = watched.promoted()
    assert watched.after(9) == (1, None, []), "it is not yet time to ask"
    assert watched.after(1) == (second, None, [f"champion: {TOPICS} version 2"])
    assert watched.after(10) == (second, None, [])
    assert watched.tried == [(TOPICS, 1), (TOPICS, 2)]
    assert [watched.watch.version(name) for name in NAMES] == [2, 0]


def test_what_a_batch_was_given_is_not_changed_by_a_promotion(watched: Watched) -> None:
    before = watched.watch.current()
    watched.promoted()
    watched.after(10)
    assert before.topics is not None
    assert before.topics.version == 1


def test_a_rollback_is_taken_up_as_a_promotion_is(watched: Watched) -> None:
    second = watched.promoted()
    assert watched.after(0)[0] == second
    watched.registry.make_champion(TOPICS, 1)
    assert watched.after(10) == (1, None, [f"champion: {TOPICS} version 1"])


def test_both_models_are_watched_apart(watched: Watched) -> None:
    watched.promoted(name=ENGAGEMENT)
    watched.promoted(tamper=_cut, name=ENGAGEMENT)
    watched.after(0)
    found = watched.watch.current()
    assert (found.topics and found.topics.version, found.engagement) == (1, None)
    assert found.unusable == {ENGAGEMENT: "version 2 is refused"}


def test_a_truncated_version_is_refused_and_the_champion_before_it_stays(watched: Watched) -> None:
    watched.after(0)
    watched.promoted(tamper=_cut)
    version, why, said = watched.after(10)
    assert (version, why) == (1, None)
    assert said[0].startswith(f"champion: {TOPICS} version 1 stays: version 2 is refused: ")
    assert "its SHA-256 differs" in said[0]
    assert watched.after(10) == (1, None, []), "it is said once, and not fetched again with every question"
    assert watched.tried == [(TOPICS, 1)], "it is refused before it is loaded"


def test_a_version_that_cannot_score_is_refused_and_tried_again_later(watched: Watched) -> None:
    watched.after(0)
    second = watched.promoted()
    watched.bad.add(second)
    assert watched.after(10) == (
        1,
        None,
        [f"champion: {TOPICS} version 1 stays: version 2 is refused: ValueError: cannot score"],
    )
    watched.bad.clear()
    assert watched.after(RETRY_SECONDS - 1) == (1, None, [])
    assert watched.after(10) == (second, None, [f"champion: {TOPICS} version 2"])


def test_a_version_that_does_not_load_at_a_start_leaves_the_one_that_loaded_last(watched: Watched) -> None:
    watched.after(0)
    watched.promoted(tamper=_cut)
    watched.start()
    version, why, said = watched.after(0)
    assert (version, why) == (1, None)
    assert said[0].startswith(f"champion: {TOPICS} version 1 stays: version 2 is refused: ")


def test_where_no_champion_ever_loaded_posts_go_without_scores_and_the_reason_is_known(watched: Watched) -> None:
    watched.promoted(tamper=_cut)
    version, why, said = watched.after(0)
    assert (version, why) == (None, "version 2 is refused")
    assert said[0].startswith(f"champion: {TOPICS} has none, and posts go without its scores: version 2 is refused: ")
    watched.registry.store.client.delete_registered_model_alias(TOPICS, "champion")
    assert watched.after(10) == (None, None, []), "there is no champion, and so there are no scores"
    third = watched.promoted()
    assert watched.after(10) == (third, None, [f"champion: {TOPICS} version 3"])


def test_a_locked_database_leaves_the_champion_and_is_said_once(watched: Watched) -> None:
    watched.after(0)
    with watched.locked():
        version, why, said = watched.after(10)
        assert (version, why) == (1, None)
        assert said[0].startswith(f"champion: {TOPICS} version 1 stays: MLflow at sqlite:///{watched.database}: ")
        assert "database is locked" in said[0]
        assert watched.after(10)[2] == []
    assert watched.after(10) == (1, None, [f"champion: {TOPICS} version 1"])


def test_a_database_that_is_locked_or_gone_at_a_start_leaves_the_champion_that_loaded_last(watched: Watched) -> None:
    watched.after(0)
    watched.start()
    with watched.locked():
        assert watched.after(0)[:2] == (1, None)
    watched.database.unlink()
    watched.start()
    version, why, said = watched.after(0)
    assert (version, why) == (1, None)
    assert "the database is gone" in said[0]


def test_a_registry_that_does_not_answer_and_never_did_is_a_reason_until_it_answers(watched: Watched) -> None:
    with watched.locked():
        version, why, said = watched.after(0)
        assert (version, why) == (None, "the registry does not answer")
        assert f"champion: {TOPICS} has none, and posts go without its scores: MLflow at sqlite:///" in said[0]
    assert watched.after(10) == (1, None, [f"champion: {TOPICS} version 1"])
    assert not watched.watch.current().unusable, "of engagement it is known now that there is none"


def test_an_alias_that_is_gone_and_a_version_that_is_deleted_leave_the_champion(watched: Watched) -> None:
    watched.after(0)
    watched.registry.store.client.delete_registered_model_alias(TOPICS, "champion")
    assert watched.after(10) == (
        1,
        None,
        [f"champion: {TOPICS} version 1 stays: the registry names no champion"],
    )
    watched.registry.store.client.delete_model_version(TOPICS, "1")
    assert watched.after(10) == (1, None, [])
    watched.start()
    assert watched.after(0)[:2] == (1, None)


def test_a_last_good_one_that_is_damaged_is_refused_and_the_reason_is_known(watched: Watched) -> None:
    watched.after(0)
    _cut(watched.registry.store.work / "models" / TOPICS / "1")
    watched.database.unlink()
    watched.start()
    version, why, said = watched.after(0)
    assert (version, why) == (None, "the champion cannot be loaded")
    assert "nor can the last good one be used: " in said[0]


def test_once_closed_it_says_nothing(watched: Watched) -> None:
    watched.watch.close()
    assert watched.after(0) == (1, None, [])


def test_a_watch_over_a_registry_that_never_answers_gives_no_champion_and_raises_nothing() -> None:
    class Nobody:
        def champion_version(self, name: str) -> int | None:
            raise ZeroDivisionError

        load = last_good = champion_version

    said: list[str] = []
    watch = ChampionWatch(Nobody(), 0, said.append, print)
    found = watch.current()
    assert (found.topics, found.engagement) == (None, None)
    assert dict(found.unusable) == dict.fromkeys(NAMES, "the champion cannot be loaded")
    assert len(said) == 2


def test_while_a_new_one_is_fetched_batches_go_on_with_the_old_one(watched: Watched) -> None:
    kept: list[Callable[[], None]] = []
    registry = Registry(_settings(watched.registry.store.work), watched.spark)
    watch = ChampionWatch(registry, 0, watched.says.append, watched.try_out, apart=kept.append)
    assert watch.current().topics is not None, "the first batch waits"
    watched.promoted()
    for _ in range(3):
        found = watch.current()
        assert found.topics is not None
        assert found.topics.version == 1
    (work,) = kept
    work()
    found = watch.current()
    assert found.topics is not None
    assert found.topics.version == 2
