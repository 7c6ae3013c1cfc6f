"""What all tests share."""

from collections.abc import Iterator

import pytest

from starling.broker import connect
from starling.settings import Paths, Settings


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The bootstrap servers of a real Kafka, one for all tests."""
    with connect(Settings(paths=Paths(work=str(tmp_path_factory.mktemp("work"))))) as servers:
        yield servers
