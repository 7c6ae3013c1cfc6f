"""What the faults' tests share."""

from collections.abc import Iterator

import pytest

from faults.figures import Tally
from starling import failpoints


@pytest.fixture
def tally(request: pytest.FixtureRequest) -> Tally:
    """Where a test says what it counted."""
    return Tally(request.node)


@pytest.fixture(autouse=True)
def _fail_points_are_a_tests_own() -> Iterator[None]:
    failpoints.disarm()
    yield
    failpoints.disarm()
