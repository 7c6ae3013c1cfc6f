"""The keeper: a process that starts Kafka, watches who uses it, and stops it when nobody does.

`python -m starling.broker.keeper COMMAND… FOLDER PORT CLUSTER_ID`, in a session of its own, so that neither Ctrl-C nor
the end of its caller reaches it. Imports the standard library alone: it starts at once and weighs little.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from starling.broker import leases, locks, processes
from starling.broker.folder import BrokerFolder, Running, now

UNUSED_SECONDS = 0.5  # nobody needs longer: a lease is taken before the broker is looked for
_TICK_SECONDS = 0.2
_LOCK_SECONDS = 1.0  # longer than somebody takes to ask whether the lock is held


def main(arguments: list[str]) -> None:
    """Detaches, and keeps the broker. Its caller returns when the keeper's lock is held."""
    *command, root, port, cluster_id = arguments
    folder = BrokerFolder(Path(root))
    if locks.take(folder.keeper_lock, _LOCK_SECONDS) is None:
        sys.exit("another keeper has this folder")
    if os.fork():
        os._exit(0)  # leaves the lock with the child, which nobody has to wait for
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    keep(folder, command, int(port), cluster_id)


def keep(folder: BrokerFolder, command: list[str], port: int, cluster_id: str) -> None:
    """Runs Kafka for as long as it lives and is used; leaves a line in the log that says why it ended."""
    # In its folder, so that the paths in its configuration need no escaping.
    kafka = subprocess.Popen(command, cwd=folder.path, stdin=subprocess.DEVNULL)
    reason = "it was told to, or failed"
    try:
        Running(port, cluster_id, kafka.pid, os.getpid(), now()).write(folder.state)
        reason = watch(folder, kafka)
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        stop(kafka)
        _forget(folder)
        folder.say(f"keeper ends: {reason}")


def watch(folder: BrokerFolder, kafka: subprocess.Popen[bytes]) -> str:
    """Waits until Kafka has ended or nobody uses it; says which. In the second case nobody can begin to use it."""
    unused_since = time.monotonic()
    while kafka.poll() is None:
        if leases.any_held(folder.users):
            unused_since = time.monotonic()
        elif time.monotonic() - unused_since >= UNUSED_SECONDS and _shut(folder):
            return "nobody uses Kafka any more"
        time.sleep(_TICK_SECONDS)
    return f"Kafka has ended by itself with exit code {kafka.returncode}"


def _shut(folder: BrokerFolder) -> bool:
    """Takes the start lock, for the rest of the keeper's life, unless there is a user by then."""
    try:
        lock = locks.take(folder.start_lock)
    except FileNotFoundError:
        return True  # the folder itself is gone
    if lock is None:
        return False
    if leases.any_held(folder.users):
        lock.release()
        return False
    return True


def stop(kafka: subprocess.Popen[bytes]) -> None:
    """Asks Kafka to stop, and kills it after `STOP_SECONDS`."""
    kafka.terminate()
    try:
        kafka.wait(processes.STOP_SECONDS)
    except subprocess.TimeoutExpired:
        kafka.kill()
        kafka.wait()


def _forget(folder: BrokerFolder) -> None:
    """Another keeper's state stays: the folder may have been removed and made again since."""
    running = Running.read(folder.state)
    if running and running.keeper_pid == os.getpid():
        folder.state.unlink(missing_ok=True)


if __name__ == "__main__":
    main(sys.argv[1:])
