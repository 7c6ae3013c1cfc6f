"""The list of guards is true: each is where it says, none of the faults is without one, and its test is there."""

from pathlib import Path

from faults.figures import FAULTS
from faults.guards import GUARDS

ROOT = Path(__file__).parents[2]


def test_every_guard_stands_where_the_list_says_and_once() -> None:
    found = {guard.code: (ROOT / guard.file).read_text(encoding="utf-8").count(guard.code) for guard in GUARDS}
    assert found == dict.fromkeys(found, 1)


def test_every_fault_has_a_guard_and_its_test_is_the_one_that_the_readme_names() -> None:
    assert {guard.fault for guard in GUARDS} == set(range(1, FAULTS + 1))
    rows = [line.split("|") for line in (ROOT / "README.md").read_text(encoding="utf-8").splitlines()]
    named = {int(row[1]): row[4].strip() for row in rows if len(row) == 6 and row[1].strip().isdigit()}
    assert {guard.fault: f"`tests/faults/{guard.test}`" for guard in GUARDS} == named
