import gzip
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from starling.errors import ConfigError
from starling.sources import files
from starling.sources.files import entries, lines, replay_file
from starling.sources.merge import BEFORE_ALL
from starling.sources.summary import Tally

POST = b'{"status_id": "1125781899207536641", "created_at": "2019-05-07T15:18:15Z"}'
MESSAGE = b'{"data": {"id": "1125781899207536641", "created_at": "2019-05-07T15:18:15.000Z"}}'


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., Path]:
    def write(content: bytes, name: str = "posts.jsonl") -> Path:
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return write


@pytest.mark.parametrize(
    ("content", "source"),
    [
        (POST, "x-archive"),
        (MESSAGE, "x-v2"),
        (b'{"data": [' + MESSAGE + b"]}", "x-v2"),
        (b'\n  \n{"data": \n{"errors": []}\n' + POST + b"\n" + MESSAGE, "x-archive"),
    ],
)
def test_the_format_is_guessed_from_the_first_line_that_is_of_one(
    written: Callable[..., Path], content: bytes, source: str
) -> None:
    assert replay_file(written(content)).wire.source == source
    assert replay_file(written(gzip.compress(content), "posts.jsonl.gz")).wire.source == source


def test_a_format_that_is_given_is_not_guessed(written: Callable[..., Path]) -> None:
    assert replay_file(written(POST), "x-v2").wire.source == "x-v2"


def test_a_file_of_an_unknown_format_is_refused_with_the_remedy(written: Callable[..., Path]) -> None:
    path = written(b'{"id": "1"}\nnot json\n')
    with pytest.raises(ConfigError) as error:
        replay_file(path)
    assert str(error.value) == (f"{path}: its first lines are neither of x-v2 nor of x-archive; name it with --format")


def test_an_unknown_format_is_refused_with_what_there_is(written: Callable[..., Path]) -> None:
    with pytest.raises(ConfigError, match="format 'csv' is not one of x-v2, x-archive"):
        replay_file(written(POST), "csv")


def test_an_empty_file_is_a_quiet_hour(written: Callable[..., Path]) -> None:
    file = replay_file(written(b"\n \n"))
    tally = Tally([str(file)])
    assert list(entries([file], tally)) == []
    assert (tally.empty_lines, tally.skipped) == (2, 0)


@pytest.mark.parametrize("source", [None, "x-archive"])
def test_what_is_no_readable_file_is_one_clear_line(
    written: Callable[..., Path], tmp_path: Path, source: str | None
) -> None:
    os.mkfifo(tmp_path / "pipe")
    expected = {
        tmp_path / "gone.jsonl": "No such file or directory",
        tmp_path: "not a file",
        tmp_path / "pipe": "not a file",
        tmp_path / ("x" * 300): "File name too long",
        written(POST, "plain.gz"): "named .gz, but not gzip; rename it, or fetch it again",
        written(b"", "empty.gz"): "named .gz, but not gzip; rename it, or fetch it again",
    }
    for path, reason in expected.items():
        with pytest.raises(ConfigError) as error:
            replay_file(path, source)
        assert str(error.value) == f"{path}: {reason}"


def test_a_gzip_stream_that_is_cut_off_is_one_clear_line_after_the_lines_before_it(
    written: Callable[..., Path],
) -> None:
    content = b"".join(POST[:-1] + b', "text": "%s"}\n' % os.urandom(500).hex().encode() for _ in range(500))
    path = written(gzip.compress(content)[:-1000], "cut.jsonl.gz")
    file = replay_file(path)
    with pytest.raises(ConfigError, match="cut off in the middle of the gzip stream; fetch it again"):
        list(lines(file.path))


@pytest.mark.parametrize(
    "content",
    [gzip.compress(POST)[:10] + b"\xff" * 50, gzip.compress(POST + b"\n") + b"garbage"],
    ids=["no blocks", "garbage after them"],  # the header has the time, and all workers are to see the same names
)
def test_damaged_gzip_is_one_clear_line(written: Callable[..., Path], content: bytes) -> None:
    path = written(content, "damaged.gz")
    with pytest.raises(ConfigError, match="damaged gzip"):
        list(lines(path))


def test_gzip_is_known_by_its_first_bytes_too(written: Callable[..., Path]) -> None:
    assert list(lines(written(gzip.compress(b"a\nb"), "posts.jsonl"))) == [(1, b"a"), (2, b"b")]


def test_lines_come_without_their_ends_and_with_all_else(written: Callable[..., Path]) -> None:
    content = b"\xef\xbb\xbf one \r\n\n\xff\xfe\x00two\n\xef\xbb\xbfthree"
    assert list(lines(written(content))) == [
        (1, b" one "),
        (2, b""),
        (3, b"\xff\xfe\x00two"),
        (4, b"\xef\xbb\xbfthree"),
    ]


def test_a_line_longer_than_any_record_is_left_out_and_counted(
    written: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "MAX_LINE_BYTES", 100)
    file = replay_file(written(POST + b"\n" + b"x" * 101 + b"\n" + b"y" * 100 + b"\n" + b"z" * 1000 + b"\n" + POST))
    tally = Tally(["posts.jsonl"])
    assert [(entry.line, entry.payload) for entry in entries([file], tally)] == [(1, POST), (3, b"y" * 100), (5, POST)]
    assert tally.skips == [("posts.jsonl:2", "longer than 100 bytes"), ("posts.jsonl:4", "longer than 100 bytes")]


def test_a_line_without_a_time_stands_where_it_stood(written: Callable[..., Path]) -> None:
    later = POST.replace(b"15:18:15Z", b"15:18:16Z")
    first = replay_file(written(b"broken\n" + POST + b"\nbroken\n" + later, "1.jsonl"))
    second = replay_file(written(b"broken\n" + POST, "2.jsonl"))
    found = [(entry.time_ms, entry.file, entry.line, entry.post_id) for entry in entries([first, second], Tally([]))]
    assert found == [
        (BEFORE_ALL, 0, 1, None),
        (1557242295000, 0, 2, "1125781899207536641"),
        (1557242295000, 0, 3, None),
        (1557242296000, 0, 4, "1125781899207536641"),
        (BEFORE_ALL, 1, 1, None),
        (1557242295000, 1, 2, "1125781899207536641"),
    ]


def test_the_posts_of_a_page_are_numbered_in_their_line(written: Callable[..., Path]) -> None:
    page = {"data": [{"id": "1"}, {"id": "2"}]}
    file = replay_file(written(json.dumps(page).encode() + b'\n{"data": []}\n'))
    tally = Tally(["page"])
    assert [(entry.line, entry.part, entry.post_id) for entry in entries([file], tally)] == [(1, 0, "1"), (1, 1, "2")]
    assert tally.skips == [("page:2", "a page without posts")]


def test_a_hostile_file_name_is_printed_escaped(written: Callable[..., Path]) -> None:
    assert str(replay_file(written(POST, "a\x1b[2Jb"))).endswith("a\\x1b[2Jb'")
    with pytest.raises(ConfigError) as error:
        replay_file(Path("a\x1b[2J\u202eb"))
    assert str(error.value) == "'a\\x1b[2J\\u202eb': No such file or directory"
