"""The file that is shipped, the code, and what is documented say the same; where files and folders are."""

import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from configuration.expected import CHECKOUT, DEFAULTS, SHIPPED
from starling import configuration
from starling.configuration import load
from starling.settings import Paths, Settings

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10
    import tomli as tomllib


def keys_of_file() -> Iterator[tuple[str, str, str]]:
    """Section, key and the line above the key, for each key of conf/starling.toml."""
    section, above = "", ""
    for line in SHIPPED.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif re.match(r"\w+ = ", line):
            yield section, line.split(" = ")[0], above
        above = line


def test_the_shipped_file_the_code_and_this_list_say_the_same_key_by_key() -> None:
    assert tomllib.loads(SHIPPED.read_text(encoding="utf-8")) == DEFAULTS
    assert Settings().model_dump(mode="json") == DEFAULTS


def test_every_key_of_the_file_has_a_comment_above_it() -> None:
    found = list(keys_of_file())
    assert [(section, key) for section, key, _ in found] == [(s, key) for s, keys in DEFAULTS.items() for key in keys]
    assert [(section, key) for section, key, above in found if not above.startswith("# ")] == []


def test_without_a_file_the_defaults_are_the_codes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STARLING_HOME", str(tmp_path))
    assert load() == Settings()


def test_without_starling_home_the_files_are_the_checkouts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert configuration.home() == CHECKOUT


def test_in_a_shipped_zip_the_files_are_those_of_the_current_folder(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "starling.zip", "w") as packed:
        for name in ("__init__", "configuration", "errors", "kafka_options", "settings"):
            packed.write(Path(configuration.__file__).with_name(f"{name}.py"), f"starling/{name}.py")
    said = subprocess.run(
        [sys.executable, "-c", "from starling.configuration import home, load; print(home(), load().paths.work)"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path / "starling.zip")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout == f"{tmp_path} work\n"


def test_the_cluster_profile_loads_over_the_shipped_defaults() -> None:
    settings = load("cluster")
    assert settings.kafka.partitions == 12
    assert settings.stream.trigger_seconds == 5.0
    assert settings.stream.max_offsets_per_trigger == 500_000
    assert settings.stream.stop_timeout_seconds == 60


@pytest.mark.parametrize(
    ("paths", "lake", "checkpoints"),
    [
        (Paths(work="w"), "/here/w/lake", "/here/w/checkpoints"),
        (Paths(work="w", lake="s3a://b/l/"), "s3a://b/l", "/here/w/checkpoints"),
        (Paths(work="/w", checkpoints="dbfs:/c//"), "/w/lake", "dbfs:/c"),
        (Paths(work="w", lake="a", checkpoints="b"), "/here/a", "/here/b"),
    ],
)
def test_lake_and_checkpoints_are_in_the_work_folder_unless_they_are_named(
    paths: Paths, lake: str, checkpoints: str
) -> None:
    settings = Settings(paths=paths)
    here = str(Path.cwd())
    assert (settings.lake, settings.checkpoints) == (lake.replace("/here", here), checkpoints.replace("/here", here))
