import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

import starling
from starling import cli
from starling.configuration import load
from starling.errors import (
    BrokerError,
    ConfigError,
    LedgerError,
    ModelError,
    NotEnoughData,
    StarlingError,
    StorageError,
    StreamError,
)


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Settings come from the code and from what a test says."""
    for name in [name for name in os.environ if name.startswith("STARLING_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("STARLING_HOME", str(tmp_path))


def failing(error: BaseException) -> Callable[[], int | None]:
    def body() -> int | None:
        raise error

    return body


def leave(body: Callable[[], int | None], debug: bool = False) -> int:
    """The exit code with which a job leaves."""
    with pytest.raises(SystemExit) as left:
        cli.run(body, debug)
    assert isinstance(left.value.code, int)
    return left.value.code


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (StarlingError("no"), 1),
        (ConfigError("no"), 2),
        (BrokerError("no"), 3),
        (StorageError("no"), 4),
        (StreamError("no"), 5),
        (LedgerError("no"), 6),
        (ModelError("no"), 7),
    ],
)
def test_each_kind_of_trouble_is_one_line_and_has_an_exit_code_of_its_own(
    error: StarlingError, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert leave(failing(error)) == code
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "starling: error: no\n")


def test_too_little_data_is_said_and_is_no_failure(capsys: pytest.CaptureFixture[str]) -> None:
    assert leave(failing(NotEnoughData("not enough data: 0 posts"))) == 0
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "starling: not enough data: 0 posts\n")


@pytest.mark.parametrize(("given", "code"), [(None, 0), (0, 0), (7, 7), (143, 143)])
def test_a_body_that_ends_well_gives_the_exit_code(
    given: int | None, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert leave(lambda: given) == code
    assert capsys.readouterr() == ("", "")


def test_ctrl_c_is_no_error_and_leaves_with_130(capsys: pytest.CaptureFixture[str]) -> None:
    assert leave(failing(KeyboardInterrupt())) == 130
    assert capsys.readouterr() == ("", "")


def test_the_unforeseen_is_one_line_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert leave(failing(RuntimeError("first\n  second"))) == 1
    assert capsys.readouterr() == (
        "",
        "starling: error: unexpected RuntimeError: first; run again with --debug for the whole story\n",
    )
    assert leave(failing(MemoryError())) == 1
    assert capsys.readouterr().err == (
        "starling: error: unexpected MemoryError; run again with --debug for the whole story\n"
    )


@pytest.mark.parametrize("error", [ConfigError("no such key"), RuntimeError("no such key")])
def test_the_stack_trace_is_shown_with_debug_alone(error: Exception, capsys: pytest.CaptureFixture[str]) -> None:
    leave(failing(error))
    assert "Traceback" not in capsys.readouterr().err
    leave(failing(error), debug=True)
    shown = capsys.readouterr().err
    assert shown.startswith("Traceback (most recent call last):")
    assert "test_cli.py" in shown
    assert re.search(r"\nstarling: error: .*no such key.*\n$", shown)


def process(program: str) -> "subprocess.CompletedProcess[str]":
    """A Python program in a process of its own."""
    environment = {**os.environ, "PYTHONPATH": str(Path(starling.__file__).parents[1])}
    return subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False)


def test_what_was_printed_is_out_before_the_process_ends() -> None:
    ended = process("from starling import cli; cli.run(lambda: print('done'), False)")
    assert (ended.stdout, ended.returncode) == ("done\n", 0)


@pytest.mark.parametrize("debug", [False, True])
def test_a_misplaced_secret_is_in_no_output(
    debug: bool, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STARLING_KAFKA_OPTIONS", '{"sasl.password": "s3cret"')
    assert leave(lambda: print(load()), debug) == 2
    monkeypatch.setenv("STARLING_KAFKA_OPTIONS", '{"sasl.password": ["s3cret"]}')
    assert leave(lambda: print(load()), debug) == 2
    monkeypatch.setenv("STARLING_KAFKA_OPTIONS", '{"sasl.password": "s3cret"}')
    assert leave(lambda: print(load()), debug) == 0
    said = capsys.readouterr()
    assert "kafka" in said.out
    assert "s3cret" not in said.out + said.err


def test_the_work_folder_joins_a_jobs_own_options_and_changes_nothing_of_them() -> None:
    own = {"metrics": {"port": 0}, "paths": {"lake": "l"}}
    settings = cli.settings_from("/w", None, own)
    assert (settings.paths.work, settings.paths.lake, settings.metrics.port) == ("/w", "l", 0)
    assert own == {"metrics": {"port": 0}, "paths": {"lake": "l"}}


def test_a_command_line_that_says_nothing_overrides_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STARLING_PATHS_WORK", "elsewhere")
    assert cli.settings_from(None, None).paths.work == "elsewhere"
    assert cli.settings_from("here", None).paths.work == "here"


def test_an_empty_work_folder_on_the_command_line_is_refused_not_overlooked() -> None:
    with pytest.raises(ConfigError, match=r"^paths\.work = '' \(from the command line\)"):
        cli.settings_from("", None)


def test_a_profile_named_on_the_command_line_is_looked_for() -> None:
    with pytest.raises(ConfigError, match=r"^profile 'nosuch': no file "):
        cli.settings_from(None, "nosuch")


def test_an_application_has_the_options_of_all_jobs_and_leaves_errors_to_run() -> None:
    application = cli.app("What it is for.")

    @application.command(help="What it is for.")
    def main(
        work: cli.Work = None,
        profile: cli.Profile = None,
        print_config: cli.PrintConfig = False,
        debug: cli.Debug = False,
    ) -> None:
        raise ConfigError(f"{work} {profile} {print_config} {debug}")

    shown = CliRunner().invoke(application, ["--help"])
    assert "What it is for." in shown.output
    assert set(re.findall(r"--[a-z-]+", shown.output)) == {"--work", "--profile", "--print-config", "--debug", "--help"}
    ended = CliRunner().invoke(application, ["--work", "w", "--profile", "p", "--print-config", "--debug"])
    assert isinstance(ended.exception, ConfigError)
    assert str(ended.exception) == "w p True True"
