"""spark-submit's command line, taken apart and put together again."""

from pathlib import Path

import pytest

from bootstrap.options import extended, is_cluster, is_local, properties, split
from starling.errors import ConfigError


def test_what_follows_the_job_is_the_jobs_own_even_where_it_looks_like_an_option_of_spark_submit():
    submission = split(["--master", "yarn", "jobs/demo.py", "--master", "x", "--jars=y"])
    assert submission.job == "jobs/demo.py"
    assert submission.arguments == ("--master", "x", "--jars=y")
    assert submission.values("--master") == ["yarn"]


def test_the_value_of_an_option_is_not_taken_for_the_job():
    assert split(["--name", "demo.py", "--driver-memory", "3g", "-c", "a=b", "-v", "real.py"]).job == "real.py"


def test_a_value_may_begin_with_a_dash():
    submission = split(["--driver-java-options", "-Dx=1 -Dy=2", "job.py"])
    assert submission.values("--driver-java-options") == ["-Dx=1 -Dy=2"]
    assert submission.job == "job.py"


def test_a_value_may_be_joined_to_its_option_and_hold_equals_signs():
    assert split(["--conf=spark.a=b=c", "job.py"]).options == (("--conf", "spark.a=b=c"),)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--mastre", "yarn", "job.py"], "no option --mastre of spark-submit; did you mean --master"),
        (["--work", "w", "job.py"], "a job's own options follow the job"),
        (["--supervise=yes", "job.py"], "no option --supervise"),
        (["--master"], "--master needs a value"),
    ],
)
def test_what_spark_submit_would_not_understand_is_refused(arguments, message):
    with pytest.raises(ConfigError, match=message):
        split(arguments)


def test_lists_that_are_given_follow_ours_and_nothing_else_changes():
    submission = split(["--jars", "x.jar", "--master", "yarn", "--supervise", "--jars", "y.jar,z.jar", "job.py"])
    assert extended(submission, {}, {"--jars": ["a.jar", "b.jar"], "--py-files": ["s.zip"]}) == [
        *("--master", "yarn", "--supervise"),
        *("--jars", "a.jar,b.jar,x.jar,y.jar,z.jar"),
        *("--py-files", "s.zip"),
    ]


def test_lists_set_as_properties_are_kept_for_the_option_would_replace_them():
    known = {"spark.jars": "p.jar", "spark.submit.pyFiles": "p.py"}
    command = extended(
        split(["--py-files", "mine.py", "job.py"]), known, {"--jars": ["a.jar"], "--py-files": ["s.zip"]}
    )
    assert command == ["--jars", "a.jar,p.jar", "--py-files", "s.zip,mine.py"]


def test_of_properties_the_command_line_wins_then_the_named_file_then_the_defaults(tmp_path: Path):
    (tmp_path / "spark-defaults.conf").write_text("# ours\nspark.a 1\nspark.b 1\nspark.c\t1\n\n! also a comment\n")
    (tmp_path / "mine").write_text("spark.b=2\nspark.c = 2\n")
    submission = split(["--properties-file", str(tmp_path / "mine"), "--conf", "spark.c=3=3", "job.py"])
    assert properties(submission, tmp_path) == {"spark.a": "1", "spark.b": "2", "spark.c": "3=3"}


def test_a_properties_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"none\.conf"):
        properties(split(["--properties-file", str(tmp_path / "none.conf"), "job.py"]), tmp_path)


def test_a_property_without_a_value_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"--conf spark\.a: wanted NAME=VALUE"):
        properties(split(["--conf", "spark.a", "job.py"]), tmp_path)


@pytest.mark.parametrize(
    ("arguments", "known", "local"),
    [
        ([], {}, True),
        ([], {"spark.master": "local[2,3]"}, True),
        ([], {"spark.master": "spark://host:7077"}, False),
        (["--master", "yarn"], {"spark.master": "local[2]"}, False),
        (["--master=local"], {"spark.master": "yarn"}, True),
        (["--master", "yarn", "--master", "local[4]"], {}, True),
        (["--remote", "sc://host"], {}, False),
    ],
)
def test_the_master_is_the_last_given_else_the_property_else_local(arguments, known, local):
    assert is_local(split([*arguments, "job.py"]), known) is local


@pytest.mark.parametrize(
    ("arguments", "known", "cluster"),
    [
        ([], {}, False),
        (["--deploy-mode", "cluster"], {}, True),
        (["--deploy-mode", "client"], {"spark.submit.deployMode": "cluster"}, False),
        ([], {"spark.submit.deployMode": "cluster"}, True),
    ],
)
def test_the_driver_is_elsewhere_when_the_option_or_else_the_property_says_so(arguments, known, cluster):
    assert is_cluster(split([*arguments, "job.py"]), known) is cluster
