"""Champions made and unmade, on a real registry and a real log."""

import threading
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from models.registered import Original
from models.trainings import AHEAD, BEHIND
from starling import delta
from starling.broker import locks
from starling.errors import ModelError
from starling.models.promotions import LAST_TAG, Promotions
from starling.models.registry import Registry
from starling.ops import promotions
from starling.ops.promotions import PROMOTED, REFUSED, ROLLED_BACK, Entry

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tmp_path_factory.mktemp("promotions") / "lake")


@pytest.fixture
def deciding(registry: Registry, spark: SparkSession, lake: str) -> Promotions:
    return Promotions(registry, spark, lake, lock_seconds=0.5)


def log(spark: SparkSession, lake: str, name: str) -> list[Entry]:
    return promotions.of_model(delta.read(spark, promotions.TABLE, lake), name)


def moves(spark: SparkSession, lake: str, name: str) -> list[tuple[str, int, int | None]]:
    return [(entry.action, entry.version, entry.previous_version) for entry in log(spark, lake, name)]


def test_a_worse_challenger_is_refused_a_better_one_promoted_and_a_rollback_undoes_that(
    deciding: Promotions, registry: Registry, original: Original, spark: SparkSession, lake: str, name: str
) -> None:
    first, worse = original.again(name), original.again(name, against=(1, BEHIND))
    assert not deciding.decided(name, first)
    assert deciding.consider(name, first).promote
    assert deciding.decided(name, first)
    assert not deciding.decided(name, worse)
    assert not deciding.consider(name, worse).promote
    assert registry.champion_version(name) == first

    better = original.again(name, against=(first, AHEAD))
    assert deciding.consider(name, better).promote
    assert registry.champion_version(name) == better

    assert deciding.rollback(name) == first
    assert registry.champion_version(name) == first
    assert moves(spark, lake, name) == [
        (PROMOTED, first, None),
        (REFUSED, worse, first),
        (PROMOTED, better, first),
        (ROLLED_BACK, first, better),
    ]


def test_the_log_says_why_and_what_a_decision_rests_on(
    deciding: Promotions, original: Original, registry: Registry, spark: SparkSession, lake: str, name: str
) -> None:
    version = original.again(name, leads={"the mean": BEHIND})
    deciding.consider(name, version, ["gold lacks it"])
    (entry,) = log(spark, lake, name)
    assert entry.reason == "gold lacks it; no better than the mean by more than the noise: +0.1 (-0.1 to +0.3)"
    assert entry.evidence["manifest_sha256"] == registry.digest(name, version)
    assert entry.evidence["run_id"] == original.run_id
    assert entry.evidence["leads"] == {"the mean": {"estimate": 0.1, "low": -0.1, "high": 0.3}}
    assert entry.evidence["tables"] == {"silver.posts": 4, "silver.engagement": 7}


def test_a_tampered_challenger_is_refused_and_logged_and_the_champion_stays(
    deciding: Promotions, original: Original, registry: Registry, spark: SparkSession, lake: str, name: str
) -> None:
    good = original.again(name)
    deciding.consider(name, good)
    bad = original.again(name, against=(good, AHEAD))
    (original.artifacts(name, bad) / "MLmodel").write_text("flavors: {}\n")
    decision = deciding.consider(name, bad)
    assert not decision.promote
    assert "MLmodel is not what was registered" in decision.reasons[0]
    assert registry.champion_version(name) == good
    assert moves(spark, lake, name)[-1] == (REFUSED, bad, good)


def test_the_champion_is_not_promoted_again(deciding: Promotions, original: Original, name: str) -> None:
    version = original.again(name)
    deciding.consider(name, version)
    assert deciding.consider(name, version).reasons == [f"version {version} is the champion"]


def test_a_champion_that_somebody_chose_by_hand_after_a_crash_stays(
    deciding: Promotions, original: Original, registry: Registry, spark: SparkSession, lake: str, name: str
) -> None:
    version, other = original.again(name), original.again(name)
    entry = Entry(name, PROMOTED, version, None, "", {"manifest_sha256": registry.digest(name, version)})
    deciding.settle(name)  # which makes the log
    delta.append(promotions.rows(spark, [entry]), promotions.TABLE, lake, 1)
    registry.make_champion(name, other)  # in MLflow's UI
    deciding.settle(name)
    assert registry.champion_version(name) == other
    assert registry.noted(name, LAST_TAG) == entry.promotion_id


def test_a_decision_about_a_version_of_a_former_registry_is_not_carried_out(
    deciding: Promotions, original: Original, registry: Registry, spark: SparkSession, lake: str, name: str
) -> None:
    version = original.again(name)
    deciding.settle(name)
    former = Entry(name, PROMOTED, version, None, "", {"manifest_sha256": "of another model"})
    delta.append(promotions.rows(spark, [former]), promotions.TABLE, lake, 1)
    deciding.settle(name)
    assert registry.champion_version(name) is None
    assert not deciding.decided(name, version)


def test_without_a_champion_or_one_before_it_there_is_no_way_back(
    deciding: Promotions, original: Original, name: str
) -> None:
    version = original.again(name)
    with pytest.raises(ModelError, match="has no champion that could be rolled back"):
        deciding.rollback(name)
    deciding.consider(name, version)
    with pytest.raises(ModelError, match=rf"knows no champion of {name} before version {version}: promote one with"):
        deciding.rollback(name)


def test_two_processes_take_turns(deciding: Promotions, registry: Registry, name: str) -> None:
    place = Path(registry.store.folder) / "promotion.lock"
    place.parent.mkdir(parents=True, exist_ok=True)
    held, free = threading.Event(), threading.Event()

    def hold() -> None:
        lock = locks.take(place)
        assert lock is not None
        with lock:
            held.set()
            free.wait(30)

    other = threading.Thread(target=hold)
    other.start()
    try:
        assert held.wait(10)
        with pytest.raises(ModelError, match=r"another process is deciding on champions and holds .*promotion\.lock"):
            deciding.settle(name)
    finally:
        free.set()
        other.join()
