"""What the tests of the settings share: no environment but their own, and a checkout of theirs to write files in."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the machine's own environment says is no part of these tests."""
    for name in [name for name in os.environ if name.startswith("STARLING_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def conf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Writes conf/starling.toml, or a profile, of a checkout of the test's own."""
    monkeypatch.setenv("STARLING_HOME", str(tmp_path))

    def write(text: str, name: str = "starling") -> Path:
        path = tmp_path / "conf" / ("starling.toml" if name == "starling" else f"profiles/{name}.toml")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return write
