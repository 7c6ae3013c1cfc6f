"""The jars are those whose digests are known, or there are none."""

import hashlib
from pathlib import Path

import pytest

from bootstrap import jars
from bootstrap.layout import Layout
from bootstrap.progress import SetupError
from bootstrap.toolchain import Java

# Puts the files of the folder `published` where Ivy would have put the jars.
IVY = """#!/bin/sh
for last; do :; done
mkdir -p "${last%%/\\[conf\\]*}" && cp -r "$PUBLISHED"/* "${last%%/\\[conf\\]*}"
"""


@pytest.fixture
def place(tmp_path: Path) -> Layout:
    place = Layout(tmp_path / "checkout", tmp_path / "venv")
    place.own.mkdir(parents=True)
    ivy = place.venv / "lib" / "python3.11" / "site-packages" / "pyspark" / "jars" / "ivy-2.5.3.jar"
    ivy.parent.mkdir(parents=True)
    ivy.touch()
    place.conf.mkdir(parents=True)
    (place.conf / "ivy.xml").write_text("<ivy-module/>")
    return place


@pytest.fixture
def resolve(place, fake_java, setup, tmp_path, monkeypatch):
    """Publishes jars and lists digests, then resolves."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    java = Java(fake_java("java", "17.0.1", IVY), "17.0.1")

    def of(published: dict[str, bytes], listed: dict[str, bytes]) -> None:
        for name, content in published.items():
            jar = tmp_path / "published" / name
            jar.parent.mkdir(parents=True, exist_ok=True)
            jar.write_bytes(content)
        lines = (f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in listed.items())
        (place.conf / "jars.sha256").write_text("".join(lines))
        jars.resolve(place, java, setup, {"PATH": "/usr/bin:/bin", "PUBLISHED": str(tmp_path / "published")})

    return of


def test_jars_with_the_listed_digests_are_taken_and_those_for_spark_are_known(place, resolve):
    published = {"spark/b-1.jar": b"b", "spark/a-1.jar": b"a", "broker/k-1.jar": b"k"}
    resolve(published, published)
    assert jars.ready(place)
    assert jars.for_spark(place) == [str(place.jars / "spark" / "a-1.jar"), str(place.jars / "spark" / "b-1.jar")]


def test_a_jar_with_another_digest_is_named_and_none_is_taken(place, resolve):
    with pytest.raises(SetupError) as raised:
        resolve({"spark/a-1.jar": b"tampered", "broker/k-1.jar": b"k"}, {"spark/a-1.jar": b"a", "broker/k-1.jar": b"k"})
    wanted, got = hashlib.sha256(b"a").hexdigest(), hashlib.sha256(b"tampered").hexdigest()
    assert str(raised.value).startswith(f"spark/a-1.jar: conf/jars.sha256 wants SHA-256 {wanted}, what came has {got};")
    assert "\n" not in str(raised.value)
    assert not place.jars.exists()
    assert not jars.ready(place)


def test_a_jar_that_nobody_listed_is_named(resolve):
    with pytest.raises(SetupError, match=r"spark/new-2\.jar: conf/jars\.sha256 wants SHA-256 nothing"):
        resolve({"spark/a-1.jar": b"a", "spark/new-2.jar": b"n"}, {"spark/a-1.jar": b"a"})


def test_a_listed_jar_that_did_not_come_is_named(resolve):
    with pytest.raises(SetupError, match=r"broker/k-1\.jar: .* what came has nothing"):
        resolve({"spark/a-1.jar": b"a"}, {"spark/a-1.jar": b"a", "broker/k-1.jar": b"k"})


def test_what_was_found_is_left_in_the_form_of_the_list_for_who_changed_the_jars_on_purpose(place, resolve):
    with pytest.raises(SetupError, match=r"jars\.sha256"):
        resolve({"spark/a-2.jar": b"a2"}, {"spark/a-1.jar": b"a"})
    assert (place.own / "jars.sha256").read_text() == f"{hashlib.sha256(b'a2').hexdigest()}  spark/a-2.jar\n"


@pytest.mark.parametrize("changed", ["ivy.xml", "jars.sha256"])
def test_after_a_change_of_what_is_asked_for_the_jars_are_not_ready(place, resolve, changed):
    resolve({"spark/a-1.jar": b"a"}, {"spark/a-1.jar": b"a"})
    with (place.conf / changed).open("a") as file:
        file.write("\n")
    assert not jars.ready(place)


def test_a_jar_that_was_removed_is_missed(place, resolve):
    published = {"spark/a-1.jar": b"a", "broker/k-1.jar": b"k"}
    resolve(published, published)
    (place.jars / "broker" / "k-1.jar").unlink()
    assert not jars.ready(place)


def test_what_an_interrupted_fetch_left_is_not_among_the_jars(place, resolve):
    (place.own / "jars.part" / "spark").mkdir(parents=True)
    (place.own / "jars.part" / "spark" / "half.jar").write_bytes(b"ha")
    resolve({"spark/a-1.jar": b"a"}, {"spark/a-1.jar": b"a"})
    assert jars.for_spark(place) == [str(place.jars / "spark" / "a-1.jar")]
