"""An embedded Kafka, from the side of those who use it: found or started, waited for, left."""

import logging
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from starling.broker import keeper, kraft, leases, locks, processes, words
from starling.broker.folder import BrokerFolder, Running
from starling.errors import BrokerError, ConfigError, StorageError, StreamError
from starling.settings import Settings

_POLL_SECONDS = 0.05
_ANSWER_SECONDS = 2.0
_LEAVE_SECONDS = 15.0
_LOG_TAIL_CHARACTERS = 20_000
_LEAST_FREE_BYTES = 32 * 2**20

_STARTING = "starting Kafka"  # the last line with these words begins what the log says of the present Kafka

_log = logging.getLogger(__name__)


@contextmanager
def serving(settings: Settings) -> Iterator[str]:
    """The bootstrap servers of the work folder's own broker, which runs at least until the end of the `with`."""
    folder = _broker_folder(settings.paths.work)
    with ExitStack() as leaving:
        leaving.callback(_see_it_end, folder)  # after the lease is given back
        with _storage_errors(folder):
            running = _join(folder, settings, leaving)
        try:
            yield f"{kraft.HOST}:{running.port}"
        except (BrokerError, StreamError):
            _refuse_full_disk(folder)  # Kafka dies of it, and whoever uses it knows of no more than waiting in vain
            raise


def found(settings: Settings) -> str | None:
    """The bootstrap servers of the work folder's own broker where one runs, which may end at any time; else None."""
    folder = BrokerFolder(Path(settings.paths.work).resolve() / "kafka")
    running = Running.read(folder.state) if locks.is_held(folder.keeper_lock) else None
    return f"{kraft.HOST}:{running.port}" if running else None


def _broker_folder(work: str) -> BrokerFolder:
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+:/", work):
        raise ConfigError(
            f"paths.work = {work!r}: the embedded broker keeps its records in a local folder; "
            "name one, or set kafka.bootstrap_servers to a Kafka that already runs"
        )
    folder = BrokerFolder(Path(work).resolve() / "kafka")
    with _storage_errors(folder):
        folder.path.mkdir(parents=True, exist_ok=True)
    return folder


@contextmanager
def _storage_errors(folder: BrokerFolder) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        where = error.filename or folder.path
        raise StorageError(
            f"the embedded broker cannot use {where}: {error.strerror or error}; "
            "make room or give access there, or set paths.work to another folder"
        ) from error


def _join(folder: BrokerFolder, settings: Settings, leaving: ExitStack) -> Running:
    """Takes a lease until `leaving` is closed, and waits for the broker, which is started where there is none."""
    deadline = time.monotonic() + settings.broker.start_timeout_seconds
    with _start_lock(folder, deadline):
        leaving.enter_context(leases.lease(folder.users))
    while True:
        with _start_lock(folder, deadline):
            started = not locks.is_held(folder.keeper_lock)
            if started:
                _start(folder, settings)
        running = _ready(folder, settings, deadline)
        if running:
            _warn_of_other_port(settings.broker.port, running.port)
            return running
        if started:
            raise BrokerError(
                f"the embedded broker stopped while it started: {_last_words(folder)}; all of it: {folder.log}"
            )
        # Somebody else's broker was just about to end: now there is none, and the next round starts one.


@contextmanager
def _start_lock(folder: BrokerFolder, deadline: float) -> Iterator[None]:
    lock = locks.take(folder.start_lock, deadline - time.monotonic())
    if lock is None:
        raise BrokerError(
            f"another process has been starting or stopping the broker in {folder.path} for longer than "
            "broker.start_timeout_seconds; end it, or try again"
        )
    with lock:
        yield


def _start(folder: BrokerFolder, settings: Settings) -> None:
    """Starts a keeper, which starts Kafka. Under the start lock, and while there is no keeper."""
    _refuse_full_disk(folder)
    leases.sweep(folder.users)
    # Left by a keeper that was killed: whoever still uses its port finds Kafka there again.
    last = Running.read(folder.state)
    _end_survivors(folder)
    port, controller_port = kraft.free_ports(settings.broker.port, last.port if last else None)
    folder.properties.write_text(kraft.server_properties(port, controller_port), encoding="utf-8")
    cluster_id = kraft.cluster_id(folder) or kraft.format_data(folder, settings)
    folder.state.unlink(missing_ok=True)
    folder.say(f"{_STARTING} on port {port}")
    _launch_keeper(folder, [*kraft.kafka_command(folder, settings), str(folder.path), str(port), cluster_id])


def _refuse_full_disk(folder: BrokerFolder) -> None:
    """Kafka would die of it, unable to write down why."""
    free = shutil.disk_usage(folder.path).free
    if free < _LEAST_FREE_BYTES:
        raise StorageError(
            f"the embedded broker cannot use {folder.path}: {free:,} bytes are free on that disk; "
            f"make room ({_LEAST_FREE_BYTES:,} at the least), or set paths.work to another folder"
        )


def _launch_keeper(folder: BrokerFolder, arguments: list[str]) -> None:
    """Returns when the keeper has detached itself, holding its lock."""
    secrets_apart = {name: value for name, value in os.environ.items() if not name.startswith("STARLING_")}
    package_root = Path(keeper.__file__).resolve().parents[2]  # a folder or a zip
    with folder.log.open("a", encoding="utf-8") as log:
        subprocess.run(
            [sys.executable, "-S", "-m", keeper.__name__, *arguments],
            cwd="/",
            env={**secrets_apart, "PYTHONPATH": str(package_root)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            check=False,
        )


def _ready(folder: BrokerFolder, settings: Settings, deadline: float) -> Running | None:
    """Waits until Kafka answers; None when its keeper ends before that. Raises BrokerError at the deadline."""
    while locks.is_held(folder.keeper_lock):
        running = Running.read(folder.state)
        if running and _listens(running.port) and _answers(running):
            return running
        if time.monotonic() > deadline:
            raise BrokerError(
                f"the embedded broker was not up within {settings.broker.start_timeout_seconds} s "
                f"(broker.start_timeout_seconds): {_last_words(folder)}; all of it: {folder.log}"
            )
        time.sleep(_POLL_SECONDS)
    return None


def _listens(port: int) -> bool:
    try:
        socket.create_connection((kraft.HOST, port), timeout=_ANSWER_SECONDS).close()
    except OSError:
        return False
    return True


def _answers(running: Running) -> bool:
    """Whether it is this broker, and no other, that answers on its port."""
    silent = logging.Logger("librdkafka", level=logging.CRITICAL)
    admin = AdminClient({"bootstrap.servers": f"{kraft.HOST}:{running.port}"}, logger=silent)
    try:
        return bool(admin.list_topics(timeout=_ANSWER_SECONDS).cluster_id == running.cluster_id)
    except KafkaException:
        return False


def _last_words(folder: BrokerFolder) -> str:
    """What the log says of the present start."""
    text = folder.log.read_text(encoding="utf-8", errors="replace")[-_LOG_TAIL_CHARACTERS:]
    _, _, said = text.rpartition(_STARTING)
    return words.last_words(said)


def _warn_of_other_port(wanted: int, port: int) -> None:
    if wanted not in (0, port):
        _log.warning("broker.port = %d: this work folder's broker already runs on port %d, which is used", wanted, port)


def _see_it_end(folder: BrokerFolder) -> None:
    """The last user waits until the broker is down, so that whatever comes next finds a clean folder."""
    deadline = time.monotonic() + _LEAVE_SECONDS
    with suppress(OSError):  # the folder was removed meanwhile, or its disk is read-only: that is told elsewhere
        while locks.is_held(folder.keeper_lock) and not leases.any_held(folder.users):
            if time.monotonic() > deadline:
                _log.warning("the embedded broker in %s is still stopping", folder.path)
                return
            time.sleep(_POLL_SECONDS)
        _end_unkept(folder)


def _end_unkept(folder: BrokerFolder) -> None:
    """Ends a Kafka whose keeper was killed, unless somebody came to use the folder."""
    lock = locks.take(folder.start_lock)
    if lock:
        with lock:
            if not leases.any_held(folder.users) and not locks.is_held(folder.keeper_lock):
                _end_survivors(folder)


def _end_survivors(folder: BrokerFolder) -> None:
    for pid in processes.kafkas(folder.properties):
        _log.warning("an embedded Kafka (process %d) had lost its keeper: stopping it", pid)
        folder.say(f"Kafka (process {pid}) had lost its keeper: stopping it")
        processes.end(pid, folder.properties)
