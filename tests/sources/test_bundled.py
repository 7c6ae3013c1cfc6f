import gzip
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient, NewTopic

from sources.kafka_records import received
from starling.errors import BrokerError, ConfigError
from starling.settings import Kafka, Paths, Settings
from starling.sources.bundled import replay_once


def never() -> bool:
    return False


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """With a work folder that is not there yet, nor is the one above it."""
    return settings.model_copy(update={"paths": Paths(work=f"{settings.paths.work}/of/mine")})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two files of 40 archive rows each, and one that is no replay file."""
    folder = tmp_path / "data"
    folder.mkdir()
    for name, first in (("b", 41), ("a", 1)):
        rows = [
            json.dumps({"status_id": str(number), "created_at": f"2020-01-01T00:{number % 60:02}:00Z", "text": "hi"})
            for number in range(first, first + 40)
        ]
        (folder / f"{name}.jsonl.gz").write_bytes(gzip.compress("".join(f"{row}\n" for row in rows).encode()))
    (folder / "README.md").write_text("where they come from")
    return folder


@pytest.fixture
def note(settings: Settings) -> Path:
    return Path(settings.paths.work) / f"replayed-{settings.kafka.topic}.json"


def keys(servers: str, settings: Settings) -> list[str | None]:
    return [record.key for record in received(servers, settings.kafka.topic)]


def stop_at(call: int) -> Callable[[], bool]:
    """A wish to stop that comes when it has been asked about so many times."""
    asked = iter(range(call))
    return lambda: next(asked, None) is None


def test_all_files_are_sent_once_even_if_asked_twice(broker: str, settings: Settings, folder: Path, note: Path) -> None:
    assert not note.parent.exists()
    assert replay_once(folder, settings, broker, never) == 80
    assert replay_once(folder, settings, broker, never) == 80
    assert sorted(keys(broker, settings)) == sorted(f"x:{number}" for number in range(1, 81))
    assert json.loads(note.read_text()) == {"files": ["a.jsonl.gz", "b.jsonl.gz"], "sent": 80}
    assert list(note.parent.iterdir()) == [note]


def test_another_topic_of_the_same_work_folder_gets_them_too(broker: str, settings: Settings, folder: Path) -> None:
    replay_once(folder, settings, broker, never)
    other = settings.model_copy(update={"kafka": Kafka(topic=f"{settings.kafka.topic}-2")})
    assert replay_once(folder, other, broker, never) == 80
    assert len(keys(broker, other)) == 80


def test_after_an_interruption_all_are_sent_again(broker: str, settings: Settings, folder: Path, note: Path) -> None:
    sent = replay_once(folder, settings, broker, stop_at(120))
    assert 0 < sent < 80
    assert not note.exists()
    assert replay_once(folder, settings, broker, never) == 80
    assert len(keys(broker, settings)) == sent + 80
    assert note.exists()


def test_a_folder_without_posts_is_one_clear_line(broker: str, settings: Settings, tmp_path: Path, note: Path) -> None:
    (tmp_path / "posts.jsonl").write_text("")
    for folder in (tmp_path, tmp_path / "missing"):
        with pytest.raises(ConfigError) as caught:
            replay_once(folder, settings, broker, never)
        assert str(caught.value) == f"no bundled posts in {folder}; they come with a checkout of the project"
    assert not note.exists()


def test_records_that_the_broker_refuses_are_listed_with_the_reasons(
    broker: str, settings: Settings, folder: Path, note: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small = NewTopic(settings.kafka.topic, 1, config={"max.message.bytes": "1000"})
    admin = AdminClient({"bootstrap.servers": broker})
    admin.create_topics([small])[small.topic].result()
    row = {"status_id": "81", "created_at": "2020-01-01T00:00:00Z", "text": os.urandom(1000).hex()}
    (folder / "c.jsonl.gz").write_bytes(gzip.compress(json.dumps(row).encode()))
    with pytest.raises(BrokerError, match=r"^1 records were refused, for the reasons above$"):
        replay_once(folder, settings, broker, never)
    first, *others = capsys.readouterr().out.splitlines()
    assert first.startswith(f"sent              80  to {settings.kafka.topic} in ")
    assert others == [
        "failed             1",
        f"  {folder}/c.jsonl.gz:1: Broker: Message size too large",
        "skipped            0",
    ]
    assert not note.exists()


def test_a_replay_without_failures_prints_no_account_of_its_own(
    broker: str, settings: Settings, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    replay_once(folder, settings, broker, never)
    assert capsys.readouterr().out == ""


def test_a_broker_that_is_lost_leaves_no_note(settings: Settings, folder: Path, note: Path) -> None:
    impatient = settings.model_copy(update={"kafka": Kafka(topic="t", timeout_seconds=1)})
    with pytest.raises(BrokerError, match="no Kafka broker answers"):
        replay_once(folder, impatient, "127.0.0.1:1", never)
    assert not note.exists()
