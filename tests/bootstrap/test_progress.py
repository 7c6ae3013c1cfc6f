"""What a person sees of a set-up."""

import os
import sys

import pytest

from bootstrap.progress import SetupError


def test_a_step_is_one_line_and_what_its_commands_say_goes_to_the_log(setup, tmp_path, capfd):
    with setup.step("Python packages"):
        setup.run(["/bin/sh", "-c", "echo one; echo two >&2"], os.environ)
        setup.run(["/bin/sh", "-c", "echo three"], os.environ)
    said = capfd.readouterr()
    assert said.out == ""
    assert said.err == "Setting up Starling (once): Python packages … 0 s\n"
    assert (tmp_path / "setup.log").read_text() == "one\ntwo\nthree\n"


def test_a_command_that_fails_is_shown_with_the_end_of_what_it_said_and_where_the_rest_is(setup, tmp_path):
    setup.run(["/bin/sh", "-c", "echo before"], os.environ)
    with pytest.raises(SetupError) as raised, setup.step("jars"):
        setup.run(["/bin/sh", "-c", "seq 1 30; echo; exit 7"], os.environ)
    first, *tail, last = str(raised.value).splitlines()
    assert first == f"jars: sh left with exit code 7; the end of {tmp_path / 'setup.log'}:"
    assert [line.strip() for line in tail] == [str(number) for number in range(19, 31)]
    assert last == "What was fetched is kept: run the same command again to go on."


def test_a_command_cannot_wait_for_an_answer(setup, tmp_path):
    setup.run([sys.executable, "-c", "import sys; print(repr(sys.stdin.read()))"], os.environ)
    assert (tmp_path / "setup.log").read_text() == "''\n"


def test_the_log_of_a_former_set_up_is_not_carried_on(setup, tmp_path):
    (tmp_path / "setup.log").write_text("former\n")
    setup.run(["/bin/sh", "-c", "echo now"], os.environ)
    assert (tmp_path / "setup.log").read_text() == "now\n"
