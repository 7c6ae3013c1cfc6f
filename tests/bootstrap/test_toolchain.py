"""Which Java is taken, and what is said when there is none."""

import os
from pathlib import Path

import pytest

from bootstrap import apt, toolchain
from bootstrap.progress import SetupError
from bootstrap.toolchain import find_java

ASKED = '#!/bin/sh\necho "    java.home = {home}" >&2\necho \'openjdk version "21.0.4"\' >&2\n'


def test_the_java_on_the_path_is_taken_when_it_fits(fake_java):
    first, second = fake_java("jvm/first", "17.0.9"), fake_java("jvm/second", "21.0.1")
    found = find_java({"PATH": str(second / "bin")}, [str(first.parent / "*")])
    assert found == toolchain.Java(second, "21.0.1")


def test_a_java_on_the_path_that_does_not_fit_gives_way_to_one_that_does(fake_java):
    old, right = fake_java("old", "11.0.2"), fake_java("jvm/right", "17.0.9")
    assert find_java({"PATH": str(old / "bin")}, [str(right.parent / "*")]) == toolchain.Java(right, "17.0.9")


def test_a_link_on_the_path_leads_to_the_java_behind_it(fake_java, tmp_path):
    home = fake_java("jvm/java-17", "17.0.9")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "java").symlink_to(home / "bin" / "java")
    assert find_java({"PATH": str(tmp_path / "bin")}, []) == toolchain.Java(home, "17.0.9")


def test_a_java_without_a_release_file_is_asked_where_it_really_is(fake_java, tmp_path):
    shim = fake_java("shims", script=ASKED.format(home=tmp_path / "real"))
    assert find_java({"PATH": str(shim / "bin")}, []) == toolchain.Java(tmp_path / "real", "21.0.4")


def test_java_home_goes_before_the_path(fake_java):
    asked, other = fake_java("asked", "21.0.1"), fake_java("other", "17.0.9")
    environ = {"JAVA_HOME": str(asked), "PATH": str(other / "bin")}
    assert find_java(environ, []) == toolchain.Java(asked, "21.0.1")


@pytest.mark.parametrize("version", ["1.8.0_392", "11.0.2", "18", "25.0.3"])
def test_a_java_home_that_does_not_fit_is_refused_even_if_another_would(fake_java, version):
    asked, other = fake_java("asked", version), fake_java("other", "17.0.9")
    with pytest.raises(SetupError, match=f"JAVA_HOME={asked} is Java {version}; Java 17 or 21 is needed"):
        find_java({"JAVA_HOME": str(asked), "PATH": str(other / "bin")}, [])


def test_a_java_home_without_a_java_is_refused(tmp_path):
    with pytest.raises(SetupError, match="no bin/java"):
        find_java({"JAVA_HOME": str(tmp_path)}, [])


def test_when_no_java_fits_it_says_which_there_are_and_what_to_install(fake_java):
    home = fake_java("jvm/java-11", "11.0.2")
    folders = [str(home.parent / "*")]
    assert find_java({"PATH": ""}, folders) is None
    said = str(toolchain.missing({"PATH": ""}, folders))
    assert said.startswith(f"Java 17 or 21 is needed, and there is Java 11.0.2 ({home}). Install one:")
    for command in (
        "apt-get install openjdk-17-jre-headless",
        "dnf install java-21-openjdk",
        "brew install openjdk@17",
    ):
        assert command in said


def test_a_java_that_only_looks_right_is_found_out_when_it_is_tried(fake_java):
    java = toolchain.Java(fake_java("hollow", "17.0.9"), "17.0.9")
    with pytest.raises(SetupError, match=r"Java 17\.0\.9 \(.*hollow\) does not run"):
        toolchain.check_runs(java)


@pytest.mark.parametrize(
    ("release", "user", "may"),
    [
        ("NAME=Debian\nID=debian\n", 0, True),
        ("ID=ubuntu\nID_LIKE=debian\n", 0, True),
        ('ID=linuxmint\nID_LIKE="ubuntu debian"\n', 0, True),
        ("ID=debian\n", 1000, False),
        ("ID=fedora\n", 0, False),
        ("HOME_URL=debian\n", 0, False),
    ],
)
def test_java_is_installed_unasked_as_root_on_debian_and_its_kin_alone(tmp_path, release, user, may):
    (tmp_path / "os-release").write_text(release)
    assert apt.may_install(tmp_path / "os-release", user) is may


def test_where_the_system_does_not_say_what_it_is_nothing_is_installed(tmp_path):
    assert apt.may_install(tmp_path / "none", user=0) is False


def test_the_java_of_this_machine_is_found():
    found = find_java(os.environ)
    assert found is not None
    toolchain.check_runs(found)


def test_of_the_javas_that_apt_offers_the_first_that_fits_is_installed(tmp_path, setup):
    said = {"openjdk-17-jre-headless": "(none)", "openjdk-21-jre-headless": "21.0.4+7-1"}
    _program(tmp_path, "apt-get", f'echo "$DEBIAN_FRONTEND $*" >> {tmp_path}/asked\n')
    _program(
        tmp_path, "apt-cache", "".join(f'[ "$2" = {name} ] && echo "  Candidate: {v}"\n' for name, v in said.items())
    )
    apt.install(setup, "Java", apt.JAVA, {"PATH": f"{tmp_path}:/usr/bin:/bin"}, toolchain.HOW_TO_INSTALL)
    assert (tmp_path / "asked").read_text().splitlines() == [
        "noninteractive update",
        "noninteractive install --yes --no-install-recommends openjdk-21-jre-headless",
    ]


def test_when_apt_offers_no_java_it_says_so_and_what_else_to_do(tmp_path, setup):
    _program(tmp_path, "apt-get", "")
    _program(tmp_path, "apt-cache", "")
    with pytest.raises(SetupError, match=r"(?s)apt offers none of openjdk-17-jre-headless.*JAVA_HOME=/path/to/java"):
        apt.install(setup, "Java", apt.JAVA, {"PATH": f"{tmp_path}:/usr/bin:/bin"}, toolchain.HOW_TO_INSTALL)


def _program(folder: Path, name: str, script: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{script}")
    (folder / name).chmod(0o755)
