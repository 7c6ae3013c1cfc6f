"""Files of this machine as Spark and Delta reach them, through the classes of lib/jvm that the set-up compiled."""

import stat
import tempfile
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from py4j.protocol import Py4JJavaError
from pyspark.sql import SparkSession

COMMITTERS = 4
VERSIONS = 60


@pytest.fixture
def jvm(spark: SparkSession) -> Any:
    return spark._jvm


@pytest.fixture
def conf(spark: SparkSession) -> Any:
    return spark._jsc.hadoopConfiguration()


@pytest.fixture
def context(jvm: Any, conf: Any) -> Any:
    """What Delta's commits and Spark's checkpoints are written with."""
    return jvm.org.apache.hadoop.fs.FileContext.getFileContext(jvm.java.net.URI.create("file:///"), conf)


@pytest.fixture
def files(jvm: Any, conf: Any) -> Any:
    """What everything else is written with, tables' files among them."""
    return jvm.org.apache.hadoop.fs.FileSystem.get(jvm.java.net.URI.create("file:///"), conf)


@pytest.fixture
def path(jvm: Any, tmp_path: Path) -> Callable[[str], Any]:
    return lambda name: jvm.org.apache.hadoop.fs.Path(str(tmp_path / name))


@pytest.fixture
def rename(spark: SparkSession, jvm: Any, context: Any, path: Callable[[str], Any]) -> Callable[..., None]:
    """Renames by the name of one of Hadoop's options: NONE, which replaces nothing, or OVERWRITE."""
    options = getattr(jvm.org.apache.hadoop.fs, "Options$Rename")

    def renamed(source: str, target: str, option: str = "NONE") -> None:
        how = spark.sparkContext._gateway.new_array(options, 1)
        how[0] = options.valueOf(option)
        context.rename(path(source), path(target), how)

    return renamed


def _refusal(error: Py4JJavaError) -> str:
    return str(error.java_exception.getClass().getName())


def test_of_those_who_commit_one_version_at_the_same_time_one_has_done_it_and_the_others_are_told(
    rename: Callable[..., None], tmp_path: Path
) -> None:
    begin = threading.Barrier(COMMITTERS)

    def commit(version: int, who: int) -> bool:
        (tmp_path / f".{version}.{who}.tmp").write_text(str(who))
        begin.wait()
        try:
            rename(f".{version}.{who}.tmp", f"{version}.json")
        except Py4JJavaError as error:
            if _refusal(error) == "org.apache.hadoop.fs.FileAlreadyExistsException":
                return False
            raise
        return True

    with ThreadPoolExecutor(COMMITTERS) as pool:
        for version in range(VERSIONS):
            did = list(pool.map(commit, [version] * COMMITTERS, range(COMMITTERS)))
            assert did.count(True) == 1
            assert (tmp_path / f"{version}.json").read_text() == str(did.index(True))
    left = {path.name for path in tmp_path.iterdir()} - {f"{version}.json" for version in range(VERSIONS)}
    assert len(left) == VERSIONS * (COMMITTERS - 1)  # of those who were told


def test_what_may_replace_a_file_does_and_readers_find_one_or_the_other_at_all_times(
    rename: Callable[..., None], tmp_path: Path
) -> None:
    target, ended = tmp_path / "target", threading.Event()
    target.write_text("0")

    def read() -> set[str]:
        seen = set()
        while not ended.is_set():
            seen.add(target.read_text())
        return seen

    with ThreadPoolExecutor(1) as pool:
        seen = pool.submit(read)
        for number in range(1, VERSIONS):
            (tmp_path / "source").write_text(str(number))
            rename("source", "target", "OVERWRITE")
        ended.set()
    assert seen.result() <= {str(number) for number in range(VERSIONS)}
    assert target.read_text() == str(VERSIONS - 1)
    assert [path.name for path in tmp_path.iterdir()] == ["target"]


@pytest.mark.parametrize("option", ["NONE", "OVERWRITE"])
def test_what_is_not_there_is_not_renamed_and_nowhere_is_no_target(
    rename: Callable[..., None], tmp_path: Path, option: str
) -> None:
    (tmp_path / "source").touch()
    for source, target in (("absent", "target"), ("source", "absent/target")):
        with pytest.raises(Py4JJavaError) as raised:
            rename(source, target, option)
        assert _refusal(raised.value) == "java.io.FileNotFoundException"
    assert [path.name for path in tmp_path.iterdir()] == ["source"]


@pytest.mark.parametrize("option", ["NONE", "OVERWRITE"])
def test_a_folder_and_a_files_checksum_go_along(
    files: Any, rename: Callable[..., None], path: Callable[[str], Any], tmp_path: Path, option: str
) -> None:
    for name in ("folder/inside", "file"):
        out = files.create(path(name))
        out.write(bytearray(b"some bytes"))
        out.close()
    rename("folder", "moved", option)
    rename("file", "renamed", option)
    found = {str(one.relative_to(tmp_path)) for one in tmp_path.rglob("*")}
    assert found == {"moved", "moved/inside", "moved/.inside.crc", "renamed", ".renamed.crc"}
    (tmp_path / "renamed").write_bytes(b"some bites")
    with pytest.raises(Py4JJavaError, match="ChecksumException"):
        files.open(path("renamed")).read()


def test_on_another_disk_where_no_link_is_possible_files_arrive_and_replace_nothing_either(
    rename: Callable[..., None], tmp_path: Path
) -> None:
    with tempfile.TemporaryDirectory(dir="/dev/shm") as memory:
        assert Path(memory).stat().st_dev != tmp_path.stat().st_dev
        (tmp_path / "source").write_text("arrived")
        rename("source", f"{memory}/target")
        assert Path(memory, "target").read_text() == "arrived"
        (tmp_path / "source").write_text("too late")
        with pytest.raises(Py4JJavaError, match="FileAlreadyExistsException"):
            rename("source", f"{memory}/target")
        assert Path(memory, "target").read_text() == "arrived"


@pytest.mark.parametrize("mode", ["644", "600", "755", "1777"])
def test_permissions_are_those_that_are_asked_for(
    files: Any, jvm: Any, path: Callable[[str], Any], tmp_path: Path, mode: str
) -> None:
    (tmp_path / "file").touch()
    files.setPermission(path("file"), jvm.org.apache.hadoop.fs.permission.FsPermission(mode))
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == int(mode, 8)


def test_a_new_file_has_the_permissions_of_hadoops_own(files: Any, path: Callable[[str], Any], tmp_path: Path) -> None:
    files.create(path("folder/file")).close()
    assert stat.S_IMODE((tmp_path / "folder/file").stat().st_mode) == 0o644
    assert stat.S_IMODE((tmp_path / "folder").stat().st_mode) == 0o755


def test_a_symbolic_link_is_told_from_its_file(context: Any, path: Callable[[str], Any], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("four")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    status = context.getFileLinkStatus(path("link"))
    assert (status.isSymlink(), status.getSymlink().toUri().getPath()) == (True, str(tmp_path / "file"))
    status = context.getFileLinkStatus(path("file"))
    assert (status.isSymlink(), status.getLen()) == (False, 4)
