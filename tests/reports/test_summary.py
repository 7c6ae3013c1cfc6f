import json
from pathlib import Path

import pytest
from pyspark.sql import Row

from starling.pipeline.accounts import Accounts
from starling.reports import summary
from starling.settings import Paths, Settings

ROWS = {"bronze.events": 1_234_567, "silver.posts": 12, "gold.sentiment_by_hour": 0}
LEDGER = {
    "records": 1_234_567,
    "posts": 12,
    "engagement": 1_234_000,
    "deletions": 5,
    "rejected": 50,
    "duplicates": 500,
    "repeated": 0,
}
BALANCED = Accounts(ROWS, LEDGER, ())


def platform(name: str, posts: int, scored: int, *labels: int, mean: float | None) -> Row:
    positive, neutral, negative = labels
    return Row(
        platform=name,
        posts=posts,
        scored=scored,
        positive=positive,
        neutral=neutral,
        negative=negative,
        mean_compound=mean,
    )


def test_a_hashtag_is_printed_through_that() -> None:
    hostile = Row(hashtag="a\x1b[31m\u202e\nb", posts=1, scored=0, mean_compound=None)
    (_, _, line) = summary._hashtags([hostile])
    assert line.split() == ["#a?[31m??b", "1", "0", "-"]


# --- the tables, to the character


def test_the_tables_rows_stand_under_each_other() -> None:
    assert list(summary._tables(BALANCED)) == [
        "",
        "Tables                          rows",
        "  bronze.events            1,234,567",
        "  silver.posts                    12",
        "  gold.sentiment_by_hour           0",
    ]


def test_platforms_have_shares_of_the_scored_posts_and_a_signed_mean() -> None:
    platforms = [platform("x", 1_000, 300, 200, 75, 25, mean=0.12345), platform("mastodon", 7, 0, 0, 0, 0, mean=None)]
    assert list(summary._platforms(platforms)) == [
        "",
        "Platform                   posts   scored   positive   neutral   negative   mean compound",
        "  x                        1,000      300      66.7%     25.0%       8.3%          +0.123",
        "  mastodon                     7        0          -         -          -               -",
    ]


def test_a_negative_mean_has_its_sign() -> None:
    (_, _, line) = summary._platforms([platform("x", 1, 1, 0, 0, 1, mean=-0.0996)])
    assert line.split() == ["x", "1", "1", "0.0%", "0.0%", "100.0%", "-0.100"]


def test_eight_languages_are_named_and_the_others_are_one_line() -> None:
    eight = [Row(lang=lang, posts=100 - number, scored=number) for number, lang in enumerate("abcdefgh")]
    assert list(summary._languages(eight))[-1] == "  h                           93        7"
    more = [*eight, Row(lang="i", posts=2_000, scored=3), Row(lang="j", posts=1, scored=40)]
    assert list(summary._languages(more)) == [
        "",
        "Language                   posts   scored",
        "  a                          100        0",
        "  b                           99        1",
        "  c                           98        2",
        "  d                           97        3",
        "  e                           96        4",
        "  f                           95        5",
        "  g                           94        6",
        "  h                           93        7",
        "  2 more                   2,001       43",
    ]


def test_hashtags_have_their_sign_and_their_mean() -> None:
    hashtags = [Row(hashtag="esa2019", posts=12, scored=10, mean_compound=0.5)]
    assert list(summary._hashtags(hashtags)) == [
        "",
        "Hashtag                    posts   scored   mean compound",
        "  #esa2019                    12       10          +0.500",
    ]


def test_a_table_without_rows_is_its_head() -> None:
    assert list(summary._hashtags([])) == ["", "Hashtag                    posts   scored   mean compound"]
    assert list(summary._languages([])) == ["", "Language                   posts   scored"]
    assert list(summary._platforms([]))[1].startswith("Platform ")


def test_columns_stay_columns_whatever_is_in_them() -> None:
    wide = 12_345_678_901
    tables = [
        summary._tables(Accounts({"a": 1, "gold.a_table_with_a_very_long_name": wide}, LEDGER, ())),
        summary._platforms(
            [platform("x", 1, 1, 1, 0, 0, mean=1.0), platform("y" * 40, wide, wide, wide, 0, 0, mean=None)]
        ),
        summary._languages([Row(lang="en", posts=1, scored=1), Row(lang="und", posts=wide, scored=wide)]),
        summary._hashtags(
            [
                Row(hashtag="a", posts=1, scored=1, mean_compound=0.0),
                Row(hashtag="b" * 60, posts=wide, scored=wide, mean_compound=-1.0),
            ]
        ),
    ]
    for table in tables:
        (_, *lines) = table
        assert len({len(line) for line in lines}) == 1, lines
        cells = [line.replace("mean compound", "mean_compound").split() for line in lines]
        assert len({len(row) for row in cells}) == 1, lines
        for line in lines[1:]:
            assert line.startswith("  ")


# --- the ledger


def test_a_ledger_that_balances_is_said_to() -> None:
    assert list(summary._ledger(BALANCED)) == [
        "",
        "Ledger: balanced",
        "  1,234,567 records read = 12 posts + 1,234,000 engagement + 5 deletions + 50 rejected + 500 duplicates",
    ]


def test_records_that_were_read_again_are_told() -> None:
    again = Accounts(ROWS, {**LEDGER, "repeated": 1_500}, ())
    assert list(summary._ledger(again))[3:] == ["  1,500 of them had been read by an earlier batch already"]


def test_a_ledger_that_does_not_balance_is_shouted_with_every_problem() -> None:
    problems = ("2 rows of ops.batches do not balance", "11 rows of silver.posts for 12 records in the ledger")
    lines = list(summary._ledger(Accounts(ROWS, LEDGER, problems)))
    assert lines[1] == "Ledger: DOES NOT BALANCE"
    assert lines[3:] == [f"  {problem}" for problem in problems]


# --- where things are


@pytest.mark.parametrize(
    ("relative", "lake", "place"),
    [
        ("silver/posts", "s3a://bucket/lake", "s3a://bucket/lake/silver/posts"),
        ("silver/posts", "dbfs:/lake", "dbfs:/lake/silver/posts"),
        ("silver/posts", "/data/lake", "/data/lake/silver/posts"),
        ("silver/posts", "/data/x/../lake", "/data/lake/silver/posts"),
        ("", "s3a://bucket/lake", "s3a://bucket/lake"),
        ("", "/data/lake", "/data/lake"),
    ],
)
def test_a_place_is_a_uri_or_an_absolute_path(relative: str, lake: str, place: str) -> None:
    assert summary.location(relative, lake) == place


def test_a_relative_lake_is_told_from_the_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert summary.location("silver/posts", "work/lake") == f"{tmp_path}/work/lake/silver/posts"


def test_the_summary_says_how_to_open_a_table_with_three_libraries() -> None:
    _, where, *how = summary.how_to_open(Settings(paths=Paths(work="/w")))
    assert where == "The tables are Delta tables in /w/lake; to open one:"
    assert sorted(line.split()[0] for line in how) == ["DuckDB", "Spark", "pandas"]
    assert all('"/w/lake/silver/posts"' in line for line in how)


# --- for a program


def test_the_file_holds_the_places_the_balance_and_the_counts(tmp_path: Path) -> None:
    settings = Settings(paths=Paths(work=str(tmp_path), lake="s3a://b/l"))
    path = summary.write(settings, BALANCED)
    assert path == tmp_path / "summary.json"
    assert json.loads(path.read_text()) == {
        "tables": {
            "bronze.events": "s3a://b/l/bronze/events",
            "silver.posts": "s3a://b/l/silver/posts",
            "gold.sentiment_by_hour": "s3a://b/l/gold/sentiment_by_hour",
        },
        "ledger_balanced": True,
        "counts": {
            "bronze.events": 1_234_567,
            "silver.posts": 12,
            "gold.sentiment_by_hour": 0,
            "records": 1_234_567,
            "posts": 12,
            "engagement": 1_234_000,
            "deletions": 5,
            "rejected": 50,
            "duplicates": 500,
            "repeated": 0,
        },
    }


def test_a_problem_makes_the_file_say_false_and_the_file_is_written_anew(tmp_path: Path) -> None:
    settings = Settings(paths=Paths(work=str(tmp_path)))
    summary.write(settings, BALANCED)
    text = summary.write(settings, Accounts(ROWS, LEDGER, ("no",))).read_text()
    assert json.loads(text)["ledger_balanced"] is False
    assert json.loads(text)["tables"]["silver.posts"] == f"{tmp_path}/lake/silver/posts"
    assert text.endswith("}\n")
