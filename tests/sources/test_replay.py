import json
import time
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from sources.kafka_records import Received, received
from starling.errors import BrokerError, ConfigError
from starling.settings import Kafka, Limits, Settings
from starling.sources.files import replay_file
from starling.sources.pacing import Pace
from starling.sources.progress import Progress, Status
from starling.sources.replay import Times, replay

ArchiveFile = Callable[..., Path]
FixturePath = Callable[[str], Path]


@pytest.fixture
def settings() -> Settings:
    """Of a topic of its own with one partition, so that the order of all records can be told."""
    return Settings(kafka=Kafka(topic=f"replay-{uuid.uuid4().hex}", partitions=1, timeout_seconds=10))


def posts(records: list[Received]) -> list[dict]:
    return [json.loads(record.value) for record in records]


class Heard(Progress):
    every_seconds = 0.0

    def __init__(self) -> None:
        super().__init__()
        self.statuses: list[Status] = []
        self.said: list[str] = []

    def show(self, status: Status) -> None:
        self.statuses.append(status)

    def say(self, text: str) -> None:
        self.said.append(text)


def test_kept_records_are_the_files_bytes_with_the_posts_key_and_the_headers(
    broker: str, settings: Settings, fixture_path: FixturePath, fixture_lines: Callable[[str], list[bytes]]
) -> None:
    names = ("x_archive_elgl19_head", "streaming_output_with_error")
    before = datetime.now(timezone.utc).isoformat()
    summary = replay([replay_file(fixture_path(name)) for name in names], settings, broker)
    records = received(broker, settings.kafka.topic)

    rows = sorted(fixture_lines(names[0]), key=lambda line: json.loads(line)["created_at"])
    messages = fixture_lines(names[1])  # of 2021, after the rows of 2019; in order, the last one broken
    assert [record.value for record in records] == rows + messages
    assert [record.key for record in records] == [
        *(f"x:{json.loads(line)['status_id']}" for line in rows),
        *(f"x:{json.loads(line)['data']['id']}" for line in messages[:-1]),
        None,
    ]
    assert [record.headers["source"] for record in records] == ["x-archive"] * 60 + ["x-v2"] * 8
    for record in records:
        assert record.headers.keys() == {"source", "collected_at"}
        collected_at = datetime.strptime(record.headers["collected_at"], "%Y-%m-%dT%H:%M:%S.%f%z")
        assert before[:22] <= collected_at.isoformat() <= datetime.now(timezone.utc).isoformat()
        assert record.headers["collected_at"][-5] == "."
        assert record.headers["collected_at"].endswith("Z")
    assert (summary.sent, summary.failed, summary.skipped, summary.empty_lines) == (68, 0, 0, 0)
    assert (summary.complete, summary.trouble, summary.topic) == (True, None, settings.kafka.topic)


def test_several_files_are_merged_by_time_and_unsorted_ones_sorted(
    broker: str, settings: Settings, archive_file: ArchiveFile
) -> None:
    odd = archive_file(("5", "2020-01-01T00:00:05Z"), ("1", "2020-01-01T00:00:01Z"), ("3", "2020-01-01T00:00:03Z"))
    even = archive_file(("2", "2020-01-01T00:00:02Z"), ("4", "2020-01-01T00:00:04Z"), name="even.jsonl")
    replay([replay_file(odd), replay_file(even)], settings, broker)
    assert [record.key for record in received(broker, settings.kafka.topic)] == ["x:1", "x:2", "x:3", "x:4", "x:5"]


def test_kept_records_are_sent_again_in_every_pass(broker: str, settings: Settings, archive_file: ArchiveFile) -> None:
    path = archive_file(("1", "2020-01-01T00:00:00Z"), ("2", "2020-01-01T00:00:09Z"))
    summary = replay([replay_file(path)], settings, broker, loops=3)
    records = received(broker, settings.kafka.topic)
    assert [record.key for record in records] == ["x:1", "x:2"] * 3
    assert {record.value for record in records} == set(path.read_bytes().splitlines())
    assert summary.sent == 6


def test_shifted_posts_begin_now_and_keep_their_distances(
    broker: str, settings: Settings, archive_file: ArchiveFile
) -> None:
    path = archive_file(
        ("1125781899207536641", "2019-05-07T15:18:15.000Z"), ("1125782158470451201", "2019-05-07T15:19:17.250Z")
    )
    before_ms = time.time_ns() // 1_000_000
    replay([replay_file(path)], settings, broker, times=Times.NOW)
    after_ms = time.time_ns() // 1_000_000
    records = received(broker, settings.kafka.topic)
    first, second = posts(records)
    first_ms = datetime.fromisoformat(first["created_at"].replace("Z", "+00:00")).timestamp() * 1000
    second_ms = datetime.fromisoformat(second["created_at"].replace("Z", "+00:00")).timestamp() * 1000
    assert before_ms <= round(first_ms) <= after_ms
    assert round(second_ms - first_ms) == 62_250
    shift_ms = round(first_ms) - 1557242295000
    assert int(first["status_id"]) == 1125781899207536641 + shift_ms * 4_194_304
    assert int(second["status_id"]) == 1125782158470451201 + shift_ms * 4_194_304
    assert [record.key for record in records] == [f"x:{post['status_id']}" for post in (first, second)]


def test_two_passes_of_shifted_posts_are_twice_as_many_posts_in_one_row_of_time(
    broker: str, settings: Settings, fixture_path: FixturePath
) -> None:
    file = replay_file(fixture_path("x_archive_elgl19_head"))
    summary = replay([file], settings, broker, times=Times.NOW, loops=2)
    records = posts(received(broker, settings.kafka.topic))
    times = [post["created_at"] for post in records]
    assert summary.sent == len(records) == 120
    assert len({post["status_id"] for post in records}) == 120
    assert times == sorted(times)
    assert times[59] < times[60]


def test_at_a_speed_shifted_posts_are_dated_when_they_are_sent(
    broker: str, settings: Settings, archive_file: ArchiveFile
) -> None:
    hourly = [
        (str(1125781899207536641 + (hour * 3_600_000 << 22)), f"2019-05-07T{hour:02}:18:15.000Z") for hour in range(4)
    ]
    summary = replay([replay_file(archive_file(*hourly))], settings, broker, times=Times.NOW, pace=Pace(speed=18_000))
    times = []
    for record, post in zip(records := received(broker, settings.kafka.topic), posts(records), strict=True):
        times.append(datetime.fromisoformat(post["created_at"].replace("Z", "+00:00")))
        collected_at = datetime.fromisoformat(record.headers["collected_at"].replace("Z", "+00:00"))
        assert collected_at >= times[-1] - timedelta(milliseconds=10)
        assert abs((int(post["status_id"]) >> 22) + 1288834974657 - times[-1].timestamp() * 1000) < 10_000
    assert [round((time - times[0]).total_seconds(), 3) for time in times] == [0, 0.2, 0.4, 0.6]
    assert summary.seconds >= 0.6


def test_a_rate_is_kept_to(broker: str, settings: Settings, fixture_path: FixturePath) -> None:
    summary = replay([replay_file(fixture_path("x_archive_elgl19_head"))], settings, broker, pace=Pace(rate=100))
    assert summary.sent == 60
    assert summary.seconds >= 59 / 100


def test_lines_that_cannot_be_shifted_are_skipped_with_their_place_and_reason(
    broker: str, settings: Settings, tmp_path: Path
) -> None:
    path = tmp_path / "posts.jsonl"
    path.write_text(
        '{"status_id": "1125781899207536641", "created_at": "2019-05-07T15:18:15Z"}\n\n'
        '{"status_id": "1125781899207536642"\n{"status_id": "1125781899207536643"}\n'
        '{"created_at": "2019-05-07T15:18:15Z"}\n'
    )
    summary = replay([replay_file(path)], settings, broker, times=Times.NOW)
    assert (summary.sent, summary.failed, summary.skipped, summary.empty_lines) == (1, 0, 3, 1)
    assert [(where, reason.split(":")[0]) for where, reason in summary.skips] == [
        (f"{path}:3", "not JSON"),
        (f"{path}:4", "no created_at that is an ISO 8601 time"),
        (f"{path}:5", "no status_id"),
    ]
    assert len(received(broker, settings.kafka.topic)) == 1


def test_a_page_goes_out_as_one_record_a_post(broker: str, settings: Settings, fixture_path: FixturePath) -> None:
    summary = replay([replay_file(fixture_path("withheld"))], settings, broker)
    records = received(broker, settings.kafka.topic)
    assert summary.sent == len(records) == 3 + 100 + 112
    assert [record.key for record in records] == [f"x:{post['data']['id']}" for post in posts(records)]


def test_a_file_that_is_cut_off_stops_the_replay_before_anything_is_sent(
    broker: str, settings: Settings, fixture_path: FixturePath, tmp_path: Path
) -> None:
    cut = tmp_path / "cut.jsonl.gz"
    cut.write_bytes(fixture_path("x_archive_elgl19_head").read_bytes()[:-100])
    good = replay_file(fixture_path("x_archive_elgl19_head"))
    with pytest.raises(ConfigError, match="cut off"):
        replay([good, replay_file(cut)], settings, broker)
    assert received(broker, settings.kafka.topic) == []


def test_a_stop_ends_an_endless_replay_in_good_order(
    broker: str, settings: Settings, archive_file: ArchiveFile
) -> None:
    asked = iter(range(25))
    file = replay_file(archive_file(("1", "2020-01-01T00:00:00Z")))
    summary = replay([file], settings, broker, loops=None, stopped=lambda: next(asked, None) is None)
    assert not summary.complete
    assert summary.trouble is None
    assert 0 < summary.sent == len(received(broker, settings.kafka.topic))


def test_a_stop_is_obeyed_while_the_next_post_is_hours_away(
    broker: str, settings: Settings, archive_file: ArchiveFile
) -> None:
    asked = iter(range(10))
    file = replay_file(archive_file(("1", "2020-01-01T00:00:00Z"), ("2", "2020-01-02T00:00:00Z")))
    summary = replay([file], settings, broker, pace=Pace(speed=1), stopped=lambda: next(asked, None) is None)
    assert (summary.sent, summary.complete) == (1, False)


def test_a_stop_while_files_are_read_reads_no_further_and_sends_nothing(
    broker: str, settings: Settings, archive_file: ArchiveFile
) -> None:
    heard = Heard()
    file = replay_file(archive_file(("1", "2020-01-01T00:00:00Z"), ("2", "2020-01-01T00:00:01Z")))
    summary = replay([file], settings, broker, progress=heard, stopped=lambda: True)
    assert (summary.sent, summary.complete) == (0, False)
    assert [status.doing for status in heard.statuses] == ["sent"]


def test_no_records_are_a_complete_replay(broker: str, settings: Settings, archive_file: ArchiveFile) -> None:
    summary = replay([replay_file(archive_file())], settings, broker, loops=None)
    assert (summary.sent, summary.complete) == (0, True)


def test_a_broker_that_does_not_answer_is_one_clear_line(archive_file: ArchiveFile) -> None:
    hasty = Settings(kafka=Kafka(timeout_seconds=1))
    with pytest.raises(BrokerError, match=r"no Kafka broker answers at 127\.0\.0\.1:1 within 1 s"):
        replay([replay_file(archive_file(("1", "2020-01-01T00:00:00Z")))], hasty, "127.0.0.1:1")


def test_no_passes_at_all_are_refused() -> None:
    with pytest.raises(ConfigError, match="loops = 0: wanted 1 or more"):
        replay([], Settings(), "127.0.0.1:1", loops=0)


def test_progress_tells_reading_from_sending_and_ends_with_all(
    broker: str, settings: Settings, fixture_path: FixturePath
) -> None:
    heard = Heard()
    replay([replay_file(fixture_path("x_archive_elgl19_head"))], settings, broker, progress=heard)
    assert [status.done for status in heard.statuses if status.doing == "read"] == list(range(1, 61))
    last = heard.statuses[-1]
    assert (last.doing, last.done, last.total, last.left_seconds) == ("sent", 60, 60, 0.0)


def test_the_time_left_is_the_schedules_where_there_is_one(
    broker: str, settings: Settings, archive_file: ArchiveFile
) -> None:
    heard, asked = Heard(), iter(range(10))
    file = replay_file(archive_file(("1", "2020-01-01T00:00:00Z"), ("2", "2020-01-01T01:00:00Z")))
    stopped = lambda: next(asked, None) is None  # noqa: E731
    replay([file], settings, broker, pace=Pace(speed=2), progress=heard, stopped=stopped)
    assert 1790 < heard.statuses[-1].left_seconds <= 1800


@pytest.mark.parametrize(
    ("minutes", "pace", "warned"), [(61, Pace(), True), (59, Pace(), False), (61, Pace(rate=0.01), False)]
)
def test_posts_that_would_be_dated_too_far_ahead_are_told_of(
    broker: str, settings: Settings, archive_file: ArchiveFile, minutes: int, pace: Pace, warned: bool
) -> None:
    limited = settings.model_copy(update={"limits": Limits(max_future_minutes=60)})
    path = archive_file(("1", "2020-01-01T00:00:00Z"), *[("2", f"2020-01-01T{minutes // 60:02}:{minutes % 60:02}:00Z")])
    heard, asked = Heard(), iter(range(10))
    stopped = lambda: next(asked, None) is None  # noqa: E731
    replay([replay_file(path)], limited, broker, times=Times.NOW, pace=pace, progress=heard, stopped=stopped)
    assert bool(heard.said) == warned
    assert all(
        text
        == "note: moved to now, the last post is dated 61 minutes after it is sent, and the stream rejects posts of "
        "more than 60 (limits.max_future_minutes); a speed keeps them in step"
        for text in heard.said
    )
