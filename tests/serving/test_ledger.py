"""The ledger, the rejected records, the decisions, and how each table stands."""

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
from deltalake import CommitProperties

from serving.lake import NOON, entry, indexed, make_lake, post, settings_of, table, write
from serving.trained import decision, pages_on, rejection, score
from starling.serving import decisions, ledger, rejected, standings
from starling.serving.ledger import Behind, Partition
from starling.settings import Models, Settings

HOSTILE = '{"text": "<img src=x onerror=alert(1)>\u202e"'
MINUTE = timedelta(minutes=1)
DOCS = Path(__file__).parents[2] / "docs" / "tables.md"


def note(until: dict[str, dict[str, int]]) -> CommitProperties:
    """What gold's commits say that they have counted."""
    return CommitProperties(custom_metadata={"userMetadata": json.dumps({"counted_until": until})})


@pytest.fixture
def lake(tmp_path: Path) -> Settings:
    """Partition 0 read up to 10, from 15 to 20, and 18 to 25 again; partition 1 up to 4, of which one is missing."""
    return make_lake(
        tmp_path,
        ops_batches=[
            entry(
                batch_id=0, until_offset=10, records=10, posts=6, engagement=1, deletions=1, rejected=1, duplicates=1
            ),
            entry(batch_id=1, from_offset=15, until_offset=20, records=5, posts=5, written_at=NOON + MINUTE),
            entry(
                batch_id=2, from_offset=18, until_offset=25, records=7, engagement=5, duplicates=2, repeated=2,
                written_at=NOON + 2 * MINUTE,
            ),
            entry(batch_id=2, partition=1, until_offset=4, records=4, posts=3, written_at=NOON + 2 * MINUTE),
        ],
    )  # fmt: skip


def test_the_ledger_is_summed_and_each_row_is_balanced_or_not(lake: Settings) -> None:
    index = indexed(lake)
    with index.cursor() as cursor:
        totals = ledger.totals(cursor)
        assert (totals.rows, totals.unbalanced, totals.records, totals.accounted, totals.repeated) == (4, 1, 26, 25, 2)
        assert (totals.posts, totals.engagement, totals.deletions, totals.rejected, totals.duplicates) == (
            14, 6, 1, 1, 3
        )  # fmt: skip
        rows = ledger.entries(cursor)
        assert [(row.batch_id, row.partition, row.missing) for row in rows] == [
            (2, 0, 0), (2, 1, 1), (1, 0, 0), (0, 0, 0)
        ]  # fmt: skip
        assert [row.partition for row in ledger.entries(cursor, wrong=True)] == [1]
        assert ledger.entries(cursor, page=2) == []
    index.close()


def test_offsets_that_no_batch_read_are_gaps_and_those_read_twice_are_covered_once(lake: Settings) -> None:
    index = indexed(lake)
    with index.cursor() as cursor:
        assert ledger.partitions(cursor) == [
            Partition("t", 0, first=0, until=25, covered=20, rows=3, records=22, gaps=[(10, 15)]),
            Partition("t", 1, first=0, until=4, covered=4, rows=1, records=4, gaps=[]),
        ]
    index.close()


def test_batches_that_follow_each_other_leave_no_gap(tmp_path: Path) -> None:
    rows = [entry(until_offset=5), entry(batch_id=1, from_offset=5, until_offset=9)]
    index = indexed(make_lake(tmp_path, ops_batches=rows))
    with index.cursor() as cursor:
        assert [(one.covered, one.gaps) for one in ledger.partitions(cursor)] == [(9, [])]
    index.close()


def test_gold_is_behind_by_the_posts_and_deletions_that_came_after_what_it_noted(lake: Settings) -> None:
    hour = {"platform": "x", "hour": NOON, "posts": 6, "scored": 0, "positive": 0, "neutral": 0, "negative": 0}
    write(lake, "gold.sentiment_by_hour", [hour], commit_properties=note({"t": {"0": 10, "1": 4}}))
    trend = {"platform": "x", "hour": NOON, "hashtag": "a", "posts": 1, "authors": 1, "scored": 0, "burst_score": 0.0}
    write(lake, "gold.hashtag_trends", [trend], commit_properties=note({"t": {"0": 25, "1": 4}}))
    index = indexed(lake)
    with index.cursor() as cursor:
        found = ledger.behind(cursor, index.standings)
        assert found == {
            "gold.sentiment_by_hour": Behind(5, (NOON + MINUTE).replace(tzinfo=None)),
            "gold.hashtag_trends": Behind(0, None),
        }
        # What came last brought no post: nothing is missing in gold, though it has not noted it.
        write(lake, "ops.batches", [entry(batch_id=3, from_offset=25, until_offset=30, records=5, duplicates=5)])
        index.refresh()
        assert ledger.behind(cursor, index.standings) == found
        write(lake, "ops.batches", [entry(batch_id=4, from_offset=30, until_offset=31, records=1, deletions=1)])
        index.refresh()
        assert {name: one.posts for name, one in ledger.behind(cursor, index.standings).items()} == {
            "gold.sentiment_by_hour": 6, "gold.hashtag_trends": 1
        }  # fmt: skip
    index.close()


def test_a_compaction_notes_nothing_and_what_was_noted_before_it_holds(lake: Settings) -> None:
    hour = {"platform": "x", "hour": NOON, "posts": 6, "scored": 0, "positive": 0, "neutral": 0, "negative": 0}
    for _ in range(2):
        write(lake, "gold.sentiment_by_hour", [hour], commit_properties=note({"t": {"0": 25}}))
    table(lake, "gold.sentiment_by_hour").optimize.compact()
    index = indexed(lake)
    standing = index.standings["gold.sentiment_by_hour"]
    assert standing.version == 2
    assert standing.counted_until == {("t", 0): 25}
    assert index.standings["gold.hashtag_trends"].counted_until is None
    assert index.standings["ops.batches"].counted_until is None
    with index.cursor() as cursor:
        assert ledger.behind(cursor, index.standings)["gold.sentiment_by_hour"].posts == 3
    index.close()


def test_gold_without_any_note_has_counted_nothing(lake: Settings) -> None:
    hour = {"platform": "x", "hour": NOON, "posts": 6, "scored": 0, "positive": 0, "neutral": 0, "negative": 0}
    write(lake, "gold.sentiment_by_hour", [hour])
    index = indexed(lake)
    with index.cursor() as cursor:
        assert ledger.behind(cursor, index.standings)["gold.sentiment_by_hour"].posts == 15
    index.close()


def test_each_table_says_how_it_stands_or_what_makes_it(lake: Settings) -> None:
    write(lake, "silver.posts", [post(1), post(2), post(3)])
    write(lake, "gold.post_scores", [score(1, None)])
    index = indexed(lake)
    with index.cursor() as cursor:
        stands = {one.name: one for one in standings.standings(cursor, index.standings)}
    index.close()
    assert next(iter(stands)) == "silver.posts"
    assert list(stands)[-1] == "ops.promotions"
    assert (stands["silver.posts"].rows, stands["silver.posts"].version) == (3, 0)
    assert stands["gold.post_scores"].says == "2 posts came before there was a champion"
    assert not stands["gold.topics"].is_there
    assert stands["gold.topics"].made_by == "./spark-submit.sh jobs/train.py"
    assert stands["ops.promotions"].made_by == "./spark-submit.sh jobs/train.py --promote"
    assert stands["gold.hashtag_trends"].made_by == "./spark-submit.sh jobs/stream.py"
    assert not stands["ops.batches"].lags


def test_the_reasons_are_those_of_the_documentation_in_its_words() -> None:
    said = DOCS.read_text(encoding="utf-8").partition("## Reasons")[2]
    documented = dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", said, re.MULTILINE))
    assert {name: meaning.replace("`", "") for name, meaning in documented.items()} == rejected.REASONS


def test_rejected_records_are_counted_by_reason_and_listed_newest_first(tmp_path: Path) -> None:
    rows = [
        rejection(1, "bad_id", "a"),
        rejection(2, "invalid_json", "b", kafka_timestamp=NOON + MINUTE),
        rejection(3, "bad_id", "c", kafka_timestamp=NOON + 2 * MINUTE),
    ]
    index = indexed(make_lake(tmp_path, silver_rejected=rows))
    with index.cursor() as cursor:
        assert [(one.name, one.records) for one in rejected.by_reason(cursor)] == [("bad_id", 2), ("invalid_json", 1)]
        assert [row.payload for row in rejected.rows(cursor)] == ["c", "b", "a"]
        assert [row.payload for row in rejected.rows(cursor, "bad_id")] == ["c", "a"]
        assert rejected.rows(cursor, page=2) == []
    index.close()


def test_a_decision_is_told_with_its_leads_and_facts(tmp_path: Path) -> None:
    evidence = {
        "leads": {
            "random": {"estimate": 0.25, "low": 0.125, "high": 0.5},
            "champion": {"estimate": 0.1, "low": 0.0, "high": 0.2},
        },
        "metrics": {"npmi": 0.123456}, "against": None, "run_id": "r1",
    }  # fmt: skip
    log = [
        decision("m", "promoted", 1, reason="better than random; loads again", evidence=evidence),
        decision("m", "promoted", 2, 1, at=NOON + MINUTE),
        decision("m", "rolled_back", 1, 2, at=NOON + 2 * MINUTE),
        decision("m", "refused", 3, 1, at=NOON + 3 * MINUTE),
        {**decision("n", "refused", 1), "evidence": "no JSON"},
    ]
    index = indexed(
        make_lake(tmp_path, ops_promotions=log, gold_post_scores=[score(1, 1), score(2, 1), score(3, None, None)])
    )
    with index.cursor() as cursor:
        found = decisions.decisions(cursor)
        assert [(one.action, one.version) for one in found][:3] == [("refused", 3), ("rolled_back", 1), ("promoted", 2)]
        first = next(one for one in found if one.reasons == ["better than random", "loads again"])
        assert [(lead.rival, lead.better) for lead in first.leads] == [("champion", False), ("random", True)]
        assert first.facts == [("metrics · npmi", "0.1235"), ("run_id", "r1")]
        assert next(one for one in found if one.model == "n").facts == [("evidence", "no JSON")]
        assert {model: version for model, (version, _) in decisions.champions(cursor).items()} == {"m": 1}
        assert decisions.champion(cursor, "n") is None
        assert sorted((one.topics_version or 0, one.posts) for one in decisions.scored_by(cursor)) == [(0, 1), (1, 2)]
    index.close()


def test_the_page_shows_sums_gaps_and_what_does_not_balance(lake: Settings) -> None:
    with pages_on(lake) as client:
        page = client.get("/trust").text
        assert '<section id="ledger"' in page
        assert '<b class="figure">26</b> records read' in page
        assert "≠" in page
        assert "1 of 4 rows do not balance." in page
        assert "10 to 14" in page
        assert "1 missing" in page
        wrong = client.get("/trust?rows=unbalanced").text
        assert wrong.count('class="balance"') == 1
        assert client.get("/api/trust").json["ledger"]["unbalanced"] == 1
        entries = client.get("/api/trust/ledger?rows=unbalanced").json["entries"]
        assert [one["missing"] for one in entries] == [1]


def test_a_table_that_lags_is_grey(lake: Settings) -> None:
    hour = {"platform": "x", "hour": NOON, "posts": 6, "scored": 0, "positive": 0, "neutral": 0, "negative": 0}
    write(lake, "gold.sentiment_by_hour", [hour], commit_properties=note({"t": {"0": 10}}))
    trend = {"platform": "x", "hour": NOON, "hashtag": "a", "posts": 1, "authors": 1, "scored": 0, "burst_score": 0.0}
    write(lake, "gold.hashtag_trends", [trend], commit_properties=note({"t": {"0": 25, "1": 4}}))
    with pages_on(lake) as client:
        page = client.get("/trust").text
        assert page.count('class="not-counted"') == 1
        assert "8 rows of silver behind" in page
        assert "has counted all that the ledger holds" in page
        lags = {one["name"]: one["lags"] for one in client.get("/api/trust").json["tables"]}
        assert [name for name, lag in lags.items() if lag] == ["gold.sentiment_by_hour"]


def test_payloads_are_shown_word_for_word_and_never_run(tmp_path: Path) -> None:
    rows = [rejection(n, "invalid_json", HOSTILE) for n in range(21)] + [rejection(21, "deleted", None)]
    with pages_on(make_lake(tmp_path, silver_rejected=rows)) as client:
        page = client.get("/trust/rejected?reason=invalid_json").text
        assert "<img src=x" not in page
        assert page.count("&lt;img src=x onerror=alert(1)&gt;\u202e&#34;</pre>") == 20
        assert "Page 1 of 2" in page
        assert 'href="/trust/rejected?reason=invalid_json&amp;page=2"' in page
        assert client.get("/trust/rejected?reason=invalid_json&page=2").text.count("<pre") == 1
        assert "No payload is kept." in client.get("/trust/rejected?reason=deleted").text
        (record,) = client.get("/api/trust/rejected?reason=invalid_json&page=2").json["records"]
        assert (record["payload"], record["offset"]) == (HOSTILE, 0)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("/api/trust/ledger?page=0", "page '0' is not understood; wanted a number from 1 to 500"),
        ("/api/trust/ledger?page=501", "page '501' is not understood"),
        ("/api/trust/ledger?page=²", "page '²' is not understood"),
        ("/api/trust/ledger?rows=all", "rows 'all' is not understood; wanted nothing, or unbalanced"),
        ("/api/trust/ledger?reason=empty", "unknown filter 'reason'; known: page, rows"),
        ("/api/trust/rejected?reason='; DROP TABLE rejected", 'reason "\'; DROP TABLE rejected" is not known; known: '),
        ("/api/trust?x=1", "unknown filter 'x': this page takes none"),
    ],
)
def test_what_is_not_understood_is_refused_with_the_reason(tmp_path: Path, address: str, said: str) -> None:
    with pages_on(settings_of(tmp_path)) as client:
        answer = client.get(address)
        assert answer.status_code == 400
        assert answer.json["error"].startswith(said)
        assert client.get("/api/trust/ledger?page=500").status_code == 200


def test_an_empty_lake_says_what_to_do_and_shows_no_secret(tmp_path: Path) -> None:
    secret = Models(tracking_uri="postgresql://me:hunter2@db/mlflow")
    with pages_on(settings_of(tmp_path).model_copy(update={"models": secret})) as client:
        page = client.get("/trust").text
        assert "Nothing was read yet." in page
        assert "./spark-submit.sh jobs/train.py --promote" in page
        assert "./spark-submit.sh jobs/serve.py --mlflow-ui" in page
        assert "hunter2" not in page
        assert "No record was rejected so far." in client.get("/trust/rejected").text


def test_a_tracking_server_is_linked_itself_unless_its_address_holds_a_secret(tmp_path: Path) -> None:
    for uri, linked in (("http://mlflow.example:5000", True), ("http://me:hunter2@mlflow.example", False)):
        settings = settings_of(tmp_path).model_copy(update={"models": Models(tracking_uri=uri)})
        with pages_on(settings) as client:
            page = client.get("/trust").text
            assert (f'href="{uri}"' in page) is linked
            assert "hunter2" not in page
