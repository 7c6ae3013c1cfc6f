"""A downloaded file has the filtered posts, and no cell that a spreadsheet would run."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from serving.lake import NOON, indexed, make_lake, post, unscored
from starling.serving import export
from starling.serving.filters import Filters
from starling.serving.index.index import Index

POSTS = [
    post(2, text='=HYPERLINK("http://example.org")', hashtags=["two", "one"]),
    post(1, text='a "good" day,\nall of it', hashtags=[], compound=-0.25, sentiment="negative"),
    unscored(3, hashtags=["one"]),
]


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    found = indexed(make_lake(tmp_path, silver_posts=POSTS))
    yield found
    found.close()


def rows(index: Index, filters: Filters) -> list[dict[str, str]]:
    with index.cursor() as cursor:
        return list(csv.DictReader(io.StringIO("".join(export.as_csv(cursor, filters)), newline="")))


def test_csv_has_the_posts_as_they_are_but_for_formulas(index: Index) -> None:
    first, second, third = rows(index, Filters())
    assert first == {
        "platform": "x", "post_id": "1", "created_at": "2021-06-30 12:00:00", "author": "0" * 32,
        "text": "a \"good\" day,\nall of it", "lang": "en", "hashtags": "", "sentiment": "negative",
        "compound": "-0.25", "unscored_reason": "", "topic": "", "predicted_engagement": "",
    }  # fmt: skip
    assert second["text"] == '\'=HYPERLINK("http://example.org")'
    assert second["hashtags"] == "two one"
    assert third["unscored_reason"] == "language: es"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@user hello", "\t=1", "\r=1"])
def test_what_a_spreadsheet_would_run_is_made_a_text(tmp_path: Path, text: str) -> None:
    index = indexed(make_lake(tmp_path, silver_posts=[post(1, text=text)]))
    (line,) = rows(index, Filters())
    assert line["text"] == "'" + text
    index.close()


def test_parquet_has_the_texts_word_for_word(index: Index, tmp_path: Path) -> None:
    file = tmp_path / "posts.parquet"
    with index.cursor() as cursor:
        export.as_parquet(cursor, Filters(lang=("en",)), file)
    found = pq.read_table(file).to_pylist()
    assert [row["post_id"] for row in found] == ["1", "2"]
    assert found[1]["text"] == '=HYPERLINK("http://example.org")'
    assert found[1]["hashtags"] == ["two", "one"]
    assert found[0]["created_at"] == NOON.replace(tzinfo=None)


def test_without_posts_there_is_a_head_alone(index: Index, tmp_path: Path) -> None:
    with index.cursor() as cursor:
        nothing = Filters(hashtag=("none",))
        assert "".join(export.as_csv(cursor, nothing)).count("\n") == 1
        export.as_parquet(cursor, nothing, tmp_path / "none.parquet")
    assert pq.read_table(tmp_path / "none.parquet").num_rows == 0


def test_no_file_is_larger_than_it_says(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "MOST_ROWS", 2)
    assert [row["post_id"] for row in rows(index, Filters())] == ["1", "2"]
