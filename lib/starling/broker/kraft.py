"""Apache Kafka in KRaft mode, as one process on loopback: what it needs, how it is configured, how it is called."""

import base64
import os
import re
import secrets
import shutil
import socket
import subprocess
import uuid
from contextlib import ExitStack, suppress
from pathlib import Path

from starling.broker import processes, words
from starling.broker.folder import BrokerFolder
from starling.configuration import home
from starling.errors import BrokerError, ConfigError
from starling.settings import Settings

HOST = "127.0.0.1"
# Any free port is one of these, below those that systems give to outgoing connections: in the seconds between the
# choice of a port and its use by Kafka nobody takes it by chance.
ANY_PORT = range(20_000, 32_000)
_STORAGE_TOOL = "kafka.tools.StorageTool"
_FORMAT_TIMEOUT_SECONDS = 60

# Kafka is short-lived here and shares the machine with Spark: the first compiler alone brings it up in 1.8 s where both
# take 2.4 s, and at half the processor time it takes in as many records a second (measured on 2 cores, Java 17).
_JVM_FLAGS = (
    "-XX:TieredStopAtLevel=1",
    "-XX:+UseSerialGC",
    "-XX:+ExitOnOutOfMemoryError",
    "-Djava.net.preferIPv4Stack=true",
)


def jars() -> Path:
    """The folder of Kafka's jars, which the set-up scripts name in the environment."""
    given = os.environ.get("STARLING_JARS")
    folder = Path(given or "", "broker").resolve()
    if not given or not any(folder.glob("kafka_*.jar")):
        raise BrokerError(
            f"the embedded broker's jars are not there (STARLING_JARS is {given or 'not set'}); start with "
            "./spark-submit.sh, which fetches them, or set kafka.bootstrap_servers to a Kafka that already runs"
        )
    return folder


def java() -> str:
    """The Java to run Kafka with: that of JAVA_HOME, else the one on the PATH."""
    chosen = os.environ.get("JAVA_HOME")
    found = shutil.which(f"{chosen}/bin/java" if chosen else "java")
    if found is None:
        raise BrokerError(
            f"no Java to run the embedded broker with (JAVA_HOME is {chosen or 'not set'}); install Java 17 or 21"
        )
    return found


def free_ports(wanted: int, last: int | None) -> tuple[int, int]:
    """Two ports of loopback: the broker's (`wanted`, or where that is 0 the `last` one, or any) and the controller's.

    Raises BrokerError when `wanted` is not to be had.
    """
    with ExitStack() as sockets:
        broker = sockets.enter_context(_broker_socket(wanted, last))
        controller = sockets.enter_context(_any_free())
        return broker.getsockname()[1], controller.getsockname()[1]


def _broker_socket(wanted: int, last: int | None) -> socket.socket:
    if wanted:
        return _wanted(wanted)
    if last:
        with suppress(OSError):
            return _bound(last)
    return _any_free()


def _wanted(port: int) -> socket.socket:
    try:
        return _bound(port)
    except OSError as error:
        raise BrokerError(
            f"broker.port = {port}: cannot listen on {HOST}:{port} ({error.strerror}); "
            "set it to another port, or to 0 for any free one"
        ) from None


def _any_free() -> socket.socket:
    for port in secrets.SystemRandom().sample(ANY_PORT, 100):
        with suppress(OSError):
            return _bound(port)
    raise BrokerError(f"no free port on {HOST} from {ANY_PORT[0]} to {ANY_PORT[-1]} in 100 tries; set broker.port")


def _bound(port: int) -> socket.socket:
    bound = socket.socket()
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as Kafka does
        bound.bind((HOST, port))
    except OSError:
        bound.close()
        raise
    return bound


def server_properties(port: int, controller_port: int) -> str:
    """The text of Kafka's configuration: `conf/broker.properties`, and what differs from start to start."""
    fixed = home() / "conf" / "broker.properties"
    if not fixed.is_file():
        raise ConfigError(f"no file {fixed}; set STARLING_HOME to the folder above conf/, or kafka.bootstrap_servers")
    return fixed.read_text(encoding="utf-8") + (
        "\n# Written at each start.\n"
        f"listeners=PLAINTEXT://{HOST}:{port},CONTROLLER://{HOST}:{controller_port}\n"
        f"advertised.listeners=PLAINTEXT://{HOST}:{port}\n"
        f"controller.quorum.voters=1@{HOST}:{controller_port}\n"
        "log.dirs=data\n"
    )


def cluster_id(folder: BrokerFolder) -> str | None:
    """The id that the data were formatted with; None before that."""
    path = folder.data / "meta.properties"
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    found = re.search(r"^cluster\.id=(\S+)$", text, re.MULTILINE)
    if found is None:
        raise BrokerError(f"{path} is damaged: it has no cluster.id; remove {folder.data} to start without records")
    return found[1]


def format_data(folder: BrokerFolder, settings: Settings) -> str:
    """Makes Kafka's data folder; returns the new cluster id."""
    made = _new_cluster_id()
    command = [*_java_command(settings), _STORAGE_TOOL, "format", "-t", made, "-c", str(folder.properties)]
    try:
        done = subprocess.run(
            command,
            cwd=folder.path,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_FORMAT_TIMEOUT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise BrokerError(f"{folder.data}: Kafka did not format it within {_FORMAT_TIMEOUT_SECONDS} s") from None
    if done.returncode:
        reason = words.last_words(done.stdout.decode(errors="replace"))
        raise BrokerError(f"{folder.data}: Kafka cannot format it: {reason}")
    return made


def kafka_command(folder: BrokerFolder, settings: Settings) -> list[str]:
    """How Kafka is started."""
    return [*_java_command(settings), processes.MAIN_CLASS, str(folder.properties)]


def _java_command(settings: Settings) -> list[str]:
    logging = f"-Dlog4j2.configurationFile={home().resolve() / 'conf' / 'broker-log4j2.properties'}"
    return [java(), f"-Xmx{settings.broker.heap_mb}m", *_JVM_FLAGS, logging, "-cp", f"{jars()}/*"]


def _new_cluster_id() -> str:
    """A random one in Kafka's form: 22 characters of URL-safe base64; a leading dash would read as an option."""
    while True:
        made = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        if not made.startswith("-"):
            return made
