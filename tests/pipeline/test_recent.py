"""What a stream remembers of its keys: never that a key is not there when it is."""

import math
import random

import numpy as np
import pytest

from starling.pipeline import recent
from starling.pipeline.recent import Recent


def where(memory: Recent, *asked: tuple[int, float]) -> list[float | None]:
    keys, hours = zip(*asked, strict=True)
    found = memory.where(np.array(keys, np.int64), np.array(hours, float))
    return [None if math.isnan(hour) else hour for hour in found]


def test_a_key_is_found_in_the_hour_of_its_row_whatever_hour_its_copy_says() -> None:
    memory = Recent(since=100, most=9)
    memory.add([7, -8], [100, 103])
    assert where(memory, (7, 100), (7, 105), (-8, 103), (9, 103), (9, 100)) == [100, 100, 103, None, None]


def test_of_older_hours_nothing_is_sure_and_nothing_is_remembered() -> None:
    memory = Recent(since=100, most=9)
    memory.add([7], [99])
    assert where(memory, (7, 99), (5, 99), (7, 100)) == [99, 99, None]


def test_an_hour_that_is_not_known_is_no_old_one() -> None:
    assert where(Recent(since=100, most=9), (7, math.nan)) == [None]
    assert where(Recent(since=-math.inf, most=9), (7, math.nan)) == [None]


def test_beyond_its_limit_it_forgets_whole_hours_the_oldest_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recent, "_MOST_NEW", 0)
    memory = Recent(since=-math.inf, most=5)
    memory.add([1, 2, 3], [10, 11, 11])
    memory.add([4, 5], [10, 12])
    assert where(memory, (1, 10), (4, 10), (9, 10)) == [10, 10, None]
    memory.add([6], [12])  # six keys are one too many: the two of hour 10 go
    assert where(memory, (1, 10), (9, 10)) == [10, 10], "the table has to be asked"
    assert where(memory, (1, 12), (2, 11), (9, 11), (6, 13)) == [None, 11, None, 12]


@pytest.mark.parametrize("seed", range(20))
def test_whatever_was_added_and_forgotten_a_key_that_is_there_is_never_denied(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    dice = random.Random(seed)
    monkeypatch.setattr(recent, "_MOST_NEW", dice.choice((0, 3, 40)))
    memory = Recent(since=dice.choice((-math.inf, 5)), most=dice.choice((10, 60, 1_000)))
    rows: dict[int, int] = {}
    for _ in range(30):
        new = {dice.getrandbits(63) - 2**62: dice.randrange(20) for _ in range(dice.randrange(12))}
        memory.add(new.keys(), new.values())
        rows |= new
        if rows:
            asked = list(rows.items())
            assert where(memory, *asked) == [hour for _, hour in asked]
        strangers = where(memory, *((dice.getrandbits(63), hour) for hour in range(20)))
        assert strangers == sorted(strangers, key=lambda hour: hour is None), "of the later hours nothing is there"
