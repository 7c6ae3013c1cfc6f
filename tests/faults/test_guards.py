"""The list of guards is true: each stands where it says, and no fault is without one."""

from collections import Counter
from pathlib import Path

from faults.figures import FAULTS
from faults.guards import GUARDS

ROOT = Path(__file__).parents[2]


def test_every_guard_stands_where_the_list_says_and_once() -> None:
    places = Counter((guard.file, guard.code) for guard in GUARDS)
    found = {place: (ROOT / place[0]).read_text(encoding="utf-8").count(place[1]) for place in places}
    assert found == dict.fromkeys(places, 1)


def test_every_fault_has_a_guard() -> None:
    assert {guard.fault for guard in GUARDS} == set(range(1, FAULTS + 1))
