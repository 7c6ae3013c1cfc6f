"""The locks that are kept in conf/lock."""

import re

import pytest

from bootstrap.layout import CHECKOUT

LOCKS = {name: (CHECKOUT / "conf" / "lock" / f"{name}.txt").read_text() for name in ("build", "run", "dev")}
PYPROJECT = (CHECKOUT / "pyproject.toml").read_text()


def _pinned(lock: str) -> set[str]:
    return set(re.findall(r"^([a-z0-9-]+==\S+)", LOCKS[lock], re.MULTILINE))


def _asked(key: str) -> set[str]:
    """The names of the packages in one of pyproject.toml's lists."""
    entries = re.search(rf"^{key} = \[(.*?)\]", PYPROJECT, re.MULTILINE | re.DOTALL)
    assert entries
    return {name.lower() for name in re.findall(r'"([A-Za-z0-9-]+)', entries[1])}


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_pins_versions_with_digests_and_names_no_address(lock):
    assert "://" not in LOCKS[lock]
    blocks = re.split(r"\n(?=\S)", LOCKS[lock].strip())
    assert blocks.pop(0).startswith("# ")
    for block in blocks:
        assert re.match(r"[a-z0-9-]+==[^\s;]+( ; [^\\]+)? \\\n    --hash=sha256:[0-9a-f]{64}", block), block


@pytest.mark.parametrize(("lock", "key"), [("run", "dependencies"), ("dev", "dev"), ("build", "build")])
def test_every_package_that_pyproject_asks_for_is_in_its_lock(lock, key):
    assert _asked(key) <= {pin.partition("==")[0] for pin in _pinned(lock)}


def test_the_tests_run_on_the_versions_that_jobs_run_on():
    assert _pinned("run") < _pinned("dev")


def test_spark_is_the_version_that_pyproject_and_the_jars_name():
    assert '"pyspark==4.2.0"' in PYPROJECT
    assert "pyspark==4.2.0" in _pinned("run")
    assert 'name="spark-sql-kafka-0-10_2.13" rev="4.2.0"' in (CHECKOUT / "conf" / "ivy.xml").read_text()
