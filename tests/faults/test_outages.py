"""A broker that is not there, and one that goes away and comes back."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from faults.checked import is_whole, tell
from faults.figures import Tally
from starling.broker import connect, kraft
from starling.broker.folder import BrokerFolder, Running
from starling.errors import BrokerError
from starling.pipeline.outage import waited_out
from starling.settings import Broker, Kafka, Paths, Settings
from streams.lakes import Lake, running, wait_until
from streams.messages import post

NOBODY = "127.0.0.1:1"


@pytest.mark.fault(9, "the broker absent at the start; killed, and back, in mid-run")
def test_a_stream_without_a_broker_says_so_within_its_patience(lake: Lake) -> None:
    impatient = Kafka(topic=lake.settings.kafka.topic, timeout_seconds=1)
    nowhere = Lake(lake.spark, lake.settings.model_copy(update={"kafka": impatient}), NOBODY)
    with pytest.raises(
        BrokerError, match=r"^no Kafka broker answers at 127\.0\.0\.1:1 within 1 s \(.*refused.*\); check"
    ):
        nowhere.drain()


@pytest.mark.fault(9, "the broker absent at the start; killed, and back, in mid-run")
def test_waiting_for_a_broker_has_an_end_and_hears_a_stop(settings: Settings) -> None:
    said: list[str] = []
    bounded = settings.model_copy(update={"kafka": Kafka(outage_seconds=3)})
    with pytest.raises(
        BrokerError, match=r"^no Kafka broker has answered at 127\.0\.0\.1:1 for 3 s .* nothing is lost"
    ):
        waited_out(bounded, NOBODY, threading.Event(), said.append)
    assert len(said) == 1
    assert said[0].startswith("kafka: no broker answers at 127.0.0.1:1 since ")
    stop = threading.Event()
    stop.set()
    assert not waited_out(bounded, NOBODY, stop, said.append)


@pytest.fixture
def fragile(lake: Lake, tmp_path: Path) -> Iterator[tuple[Lake, BrokerFolder, ExitStack]]:
    """A lake with a broker of its own, on a port that it keeps; and where a further start of the broker is left."""
    (port, _) = kraft.free_ports(0, None)
    own = Settings(paths=Paths(work=str(tmp_path / "broker")), broker=Broker(port=port))
    patient = lake.settings.model_copy(
        update={"kafka": Kafka(topic="posts", timeout_seconds=5), "broker": own.broker, "paths": own.paths}
    )
    with ExitStack() as leaving:
        servers = leaving.enter_context(connect(own))
        yield Lake(lake.spark, patient, servers), BrokerFolder(tmp_path / "broker" / "kafka"), leaving


@pytest.mark.fault(9, "the broker absent at the start; killed, and back, in mid-run")
@pytest.mark.timeout(400)
def test_a_broker_that_is_killed_is_waited_for_and_the_stream_goes_on_exactly_once(
    fragile: tuple[Lake, BrokerFolder, ExitStack], tally: Tally, capfd: pytest.CaptureFixture[str]
) -> None:
    lake, folder, leaving = fragile
    said = ""

    def told(words: str) -> bool:
        nonlocal said
        said += capfd.readouterr().err
        return words in said

    lake.send([post(id=str(number)) for number in range(100, 110)])
    with running(lake) as failures:
        wait_until(lambda: lake.count("ops.batches") >= 1)
        kafka = Running.read(folder.state)
        assert kafka
        os.kill(kafka.kafka_pid, signal.SIGKILL)
        wait_until(lambda: told(f"kafka: no broker answers at {lake.servers} since "))
        leaving.enter_context(connect(lake.settings))
        wait_until(lambda: told("kafka: the broker answers again, after "))
        lake.send([post(id=str(number)) for number in range(105, 120)])
        wait_until(lambda: lake.count("silver.posts") == 20)
    assert not failures
    assert "Traceback" not in said
    lake.drain()
    is_whole(lake)
    tell(tally, lake, 25)
    tally.kills(1)
