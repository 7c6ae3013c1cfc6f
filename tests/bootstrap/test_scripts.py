"""The scripts as a person meets them before anything is set up."""

from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def bare_path(tmp_path: Path) -> Callable[..., str]:
    """A PATH on which there is what every system has, and the programs given, but no Python."""

    def make(**programs: str) -> str:
        folder = tmp_path / "bin"
        folder.mkdir()
        for name in ("dirname", "grep"):
            (folder / name).symlink_to(Path("/usr/bin") / name)
        for name, script in programs.items():
            (folder / name).write_text(script)
            (folder / name).chmod(0o755)
        return str(folder)

    return make


def test_without_arguments_the_jobs_are_listed_with_the_first_lines_of_their_docstrings(checkout):
    checkout.write("jobs/serve.py", '"""Show the tables.\n\nMore of it.\n"""\nraise SystemExit("run!")\n')
    checkout.write("jobs/a.py", "import nowhere\n")
    checkout.write("jobs/_shared.py", '"""Not a job."""\n')
    done = checkout.run("spark-submit.sh")
    assert done.returncode == 0
    assert "\n  jobs/a.py\n  jobs/serve.py  Show the tables.\n" in done.stdout
    assert "_shared" not in done.stdout
    assert "More of it" not in done.stdout
    assert done.stderr == ""


def test_listing_the_jobs_sets_nothing_up(checkout):
    checkout.run("spark-submit.sh", "--help")
    assert not list(checkout.home.glob(".venv*"))


def test_a_job_that_python_cannot_read_is_listed_as_such(checkout):
    checkout.write("jobs/half.py", "def (")
    done = checkout.run("spark-submit.sh")
    assert done.returncode == 0
    assert "jobs/half.py  (cannot be read: invalid syntax" in done.stdout


def test_an_unknown_job_is_one_line_that_names_it_and_the_jobs_there_are(checkout):
    checkout.write("jobs/demo.py", "")
    checkout.write("jobs/train.py", "")
    done = checkout.run("spark-submit.sh", "--master", "local", "jobs/dmeo.py", "--work", "w")
    assert done.returncode == 2
    assert done.stderr == "starling: no job jobs/dmeo.py; there are: jobs/demo.py, jobs/train.py\n"


@pytest.mark.parametrize("name", ["jobs/demo.py", "demo"])
def test_a_job_is_known_by_its_path_from_the_checkout_and_by_its_bare_name(checkout, name):
    checkout.write("jobs/demo.py", "")
    done = checkout.run("spark-submit.sh", name, JAVA_HOME="/none")
    assert done.returncode == 1
    assert "JAVA_HOME=/none" in done.stderr


def test_options_without_a_job_are_refused_with_the_usage(checkout):
    done = checkout.run("spark-submit.sh", "--master", "local")
    assert done.returncode == 2
    assert done.stderr.startswith("starling: no job given.\nUsage: ./spark-submit.sh")


def test_without_a_python_it_says_what_to_install_on_each_system(checkout, bare_path):
    del checkout.environ["STARLING_PYTHON"]
    done = checkout.run("spark-submit.sh", PATH=bare_path())
    assert done.returncode == 1
    assert "Python 3.10 to 3.14 is needed" in done.stderr
    assert "apt-get install python3 python3-venv" in done.stderr
    assert "dnf install python3" in done.stderr
    assert "brew install python" in done.stderr


def test_a_python_that_is_too_old_is_named_with_its_version(checkout, bare_path):
    del checkout.environ["STARLING_PYTHON"]
    old = '#!/bin/sh\n[ "$1" = --version ] && echo Python 3.9.2\nexit 1\n'
    done = checkout.run("tests/run.sh", PATH=bare_path(python3=old))
    assert done.returncode == 1
    assert "python3 is Python 3.9.2" in done.stderr


def test_a_python_that_fits_is_found_behind_one_that_does_not(checkout, bare_path):
    python = checkout.environ.pop("STARLING_PYTHON")
    path = bare_path(python3="#!/bin/sh\nexit 1\n")
    Path(path, "python3.11").symlink_to(python)
    assert checkout.run("spark-submit.sh", PATH=path).returncode == 0


def test_a_python_that_was_asked_for_is_not_replaced_by_another(checkout, tmp_path):
    done = checkout.run("spark-submit.sh", STARLING_PYTHON=str(tmp_path / "python"))
    assert done.returncode == 1
    assert f"STARLING_PYTHON={tmp_path / 'python'} is no Python that runs" in done.stderr


@pytest.mark.parametrize(
    ("release", "script"),
    [("11.0.2", "#!/bin/sh\n"), ("", "#!/bin/sh\necho 'openjdk version \"11.0.2\" 2019-01-15' >&2\n")],
    ids=["from its release file", "from its own mouth"],
)
def test_a_java_that_is_too_old_is_named_with_its_version_and_place(checkout, fake_java, release, script):
    checkout.write("jobs/demo.py", "")
    home = fake_java("java-11", release, script)
    done = checkout.run("spark-submit.sh", "demo", JAVA_HOME=str(home))
    assert done.returncode == 1
    assert done.stderr == f"starling: JAVA_HOME={home} is Java 11.0.2; Java 17 or 21 is needed\n"
    assert not list(checkout.home.glob(".venv*"))


def test_a_java_that_does_not_run_is_named_with_its_place(checkout, fake_java):
    checkout.write("jobs/demo.py", "")
    home = fake_java("broken")
    done = checkout.run("spark-submit.sh", "demo", JAVA_HOME=str(home))
    assert done.returncode == 1
    assert f"JAVA_HOME={home}: its Java does not run" in done.stderr


def test_a_folder_with_somebody_elses_work_is_not_made_an_environment(offline, tmp_path):
    offline.write("jobs/demo.py", "")
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "draft").touch()
    done = offline.run("spark-submit.sh", "demo", STARLING_VENV=str(tmp_path / "thesis"))
    assert done.returncode == 1
    assert f"{tmp_path / 'thesis'} was not made by Starling" in done.stderr
    assert (tmp_path / "thesis" / "draft").exists()
