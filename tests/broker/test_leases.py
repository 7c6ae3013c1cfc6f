import os
import signal
import subprocess
import sys
from pathlib import Path

from starling.broker import leases


def test_somebody_uses_the_broker_until_the_last_lease_is_given_back(tmp_path: Path) -> None:
    users = tmp_path / "users"
    assert not leases.any_held(users)
    with leases.lease(users):
        with leases.lease(users):
            assert len(list(users.iterdir())) == 2
        assert leases.any_held(users)
    assert not leases.any_held(users)
    assert list(users.iterdir()) == []


def test_a_killed_users_lease_is_free_at_once_and_swept_away_without_the_living_ones(tmp_path: Path) -> None:
    users = tmp_path / "users"
    program = f"""
import os, pathlib, signal
from starling.broker import leases
with leases.lease(pathlib.Path({str(users)!r})):
    os.kill(os.getpid(), signal.SIGKILL)
"""
    package = Path(leases.__file__).parents[2]
    killed = subprocess.run(
        [sys.executable, "-c", program], env={**os.environ, "PYTHONPATH": str(package)}, check=False
    )
    assert killed.returncode == -signal.SIGKILL
    (left_behind,) = users.iterdir()
    assert not leases.any_held(users)
    with leases.lease(users):
        assert leases.any_held(users)
        leases.sweep(users)
        (living,) = users.iterdir()
        assert living != left_behind
        assert leases.any_held(users)
