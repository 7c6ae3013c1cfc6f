"""A copy is known by its post's key, whatever else it says; how it is known is tried in tests/faults."""

import pytest

from streams.lakes import Lake
from streams.messages import post


@pytest.mark.slow
def test_a_copy_that_says_another_time_is_known_while_its_post_is_remembered(lake: Lake) -> None:
    lake.send([post(id="500"), post(id="501", created_at="2021-05-01T10:16:00.000Z")])
    lake.drain()
    lake.send([post(id="500", created_at="2021-05-02T10:15:00.000Z")])
    lake.drain()
    assert [row["post_id"] for row in lake.rows("silver.posts", "post_id")] == ["500", "501"]
