"""The browser is found, installed where that may be done, and else asked for; a missing one stops no other test."""

from pathlib import Path

import pytest

from bootstrap import apt, browser
from bootstrap.layout import Layout


def program(folder: Path, name: str, script: str = "") -> None:
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


@pytest.fixture
def place(tmp_path: Path) -> Layout:
    (tmp_path / "venv" / "starling").mkdir(parents=True)
    return Layout(tmp_path, tmp_path / "venv")


def test_a_browser_on_the_path_is_taken_and_nothing_is_said(
    tmp_path: Path, place: Layout, capsys: pytest.CaptureFixture[str]
) -> None:
    program(tmp_path, "google-chrome")
    assert browser.find({"PATH": str(tmp_path)}) == str(tmp_path / "google-chrome")
    browser.prepare(place, {"PATH": str(tmp_path)})
    assert capsys.readouterr().err == ""


def test_where_it_may_not_be_installed_it_is_asked_for(
    tmp_path: Path, place: Layout, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(apt, "may_install", lambda: False)
    browser.prepare(place, {"PATH": str(tmp_path)})
    assert "apt-get install chromium" in capsys.readouterr().err


def test_where_it_may_be_apt_installs_it(tmp_path: Path, place: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apt, "may_install", lambda: True)
    program(tmp_path, "apt-get", f'echo "$*" >> {tmp_path}/asked')
    program(tmp_path, "apt-cache", '[ "$2" = chromium ] && echo "  Candidate: 150.0"')
    browser.prepare(place, {"PATH": str(tmp_path)})
    assert (tmp_path / "asked").read_text() == "update\ninstall --yes --no-install-recommends chromium\n"


def test_an_apt_that_fails_is_told_of_and_stops_nothing(
    tmp_path: Path, place: Layout, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(apt, "may_install", lambda: True)
    program(tmp_path, "apt-get", "exit 100")
    browser.prepare(place, {"PATH": str(tmp_path)})
    said = capsys.readouterr().err
    assert "apt-get left with exit code 100" in said
    assert "The tests of the dashboard need Chromium" in said
