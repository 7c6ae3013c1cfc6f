"""Which commit is running, asked of real git."""

import shutil
import subprocess
from pathlib import Path

import pytest

from starling.models.checkout import UNKNOWN, commit


@pytest.fixture
def module(tmp_path: Path) -> Path:
    """A module in a checkout of one commit."""
    file = tmp_path / "package" / "module.py"
    file.parent.mkdir()
    file.touch()
    for arguments in (["init", "--quiet"], ["add", "package"], ["commit", "--quiet", "--message", "first"]):
        identity = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
        subprocess.run(["git", "-C", str(tmp_path), *identity, *arguments], check=True)
    return file


def test_the_commit_of_the_checkout_is_named_and_a_change_since_is_said(module: Path) -> None:
    command = ["git", "-C", str(module.parent), "rev-parse", "HEAD"]
    head = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    assert len(head) == 40
    assert commit(module) == head
    module.write_text("changed = True\n")
    assert commit(module) == f"{head}-dirty"


def test_a_package_that_only_lies_in_a_checkout_has_no_commit(module: Path) -> None:
    installed = module.with_name("installed.py")
    installed.touch()
    assert commit(installed) == UNKNOWN


def test_without_a_checkout_or_without_git_the_commit_is_unknown(
    module: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert commit(tmp_path / "package.zip" / "package" / "module.py") == UNKNOWN
    shutil.rmtree(tmp_path / ".git")
    assert commit(module) == UNKNOWN
    monkeypatch.setenv("PATH", str(tmp_path))
    assert commit(module) == UNKNOWN
