"""Posts, forms, searches and addresses are hostile text: shown word for word, never run, found literally or refused."""

import csv
import io
import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import quote

import pyarrow.parquet as pq
import pytest

from browser.looking import Looking
from browser.serving import served
from faults.figures import Tally
from serving.lake import NOON, entry, make_lake, post

WHAT = "hostile text in pages, forms, search and exports: script, handlers, RTL, =HYPERLINK(, quotes, ../"
RUN = "window.ran = 1"
OVERRIDE = "\u202e"  # what follows is written from right to left
HOSTILE = (
    f"<script>{RUN}</script> a good day",
    f"<img src=x onerror='{RUN}'> a good day",
    f'"><svg onload="{RUN}"></svg> a good day',
    f"</script><script>{RUN}</script> a good day #x",
    f"javascript:{RUN} {{{{7*7}}}} a good day &lt;b&gt;",
    f"a good day {OVERRIDE}gpj.exe and on",
    '=HYPERLINK("http://evil.example/","a good day")',
    "@SUM(1+1)*cmd|' /C calc'!A0 a good day",
    "' OR 1=1; DROP TABLE posts; -- a good day",
    "../../../../etc/passwd a good day %2e%2e%2f",
    "100% a_good_day \\ %",
)
# What a spreadsheet would run, by its first character.
FORMULAS = tuple("=+-@\t\r")
REFUSED = (
    "/explore?<script>=1",
    f"/explore?hashtag=<script>{RUN}</script> x",
    f'/explore?lang="><svg onload="{RUN}">',
    f"/explore?since=<img src=x onerror='{RUN}'>",
    "/explore?topic=1 OR 1=1",
    "/explore?order=../../etc/passwd",
    "/explore?page=1;DROP TABLE posts",
    "/explore?text=" + "x" * 201,
    "/export/posts.<script>",
    "/export/posts.csv?sentiment=' OR 1=1 --",
    f"/bursts?window=<script>{RUN}</script>",
    "/trust?page=-1",
)
OUT_OF_THE_FOLDER = (
    "/static/../app.py",
    "/static/..%2fapp.py",
    "/static/%2e%2e/%2e%2e/app.py",
    "/static/....//app.py",
    "/static//etc/passwd",
    "/topics/../../../etc/passwd",
    "/export/../../etc/passwd",
)
pytestmark = pytest.mark.fault(23, WHAT)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    posts = [post(n, text=text, hashtags=["<b>x"]) for n, text in enumerate(HOSTILE)]
    refused = [
        {
            "reason": "invalid_json", "detail": HOSTILE[1], "source": HOSTILE[5], "key": HOSTILE[2], "payload": text,
            "topic": "t", "partition": 0, "offset": n, "kafka_timestamp": NOON, "ingested_at": NOON,
        }
        for n, text in enumerate(HOSTILE)
    ]  # fmt: skip
    topic = {
        "model_version": 1, "topic": 1, "label": HOSTILE[3], "words": [HOSTILE[0], HOSTILE[5]], "weights": [0.6, 0.4],
        "hashtags": [HOSTILE[2]], "posts": 5, "npmi": 0.1,
    }  # fmt: skip
    score = {
        "platform": "x", "post_id": "0", "created_at": NOON, "topic": 1, "topics_version": 1, "engagement_version": 1,
        "kafka_topic": "t", "partition": 0, "offset": 0, "scored_at": NOON,
    }  # fmt: skip
    promotion = {
        "promotion_id": "p", "at": NOON, "model": HOSTILE[0], "action": "refused", "version": 1, "reason": HOSTILE[5],
        "evidence": json.dumps({HOSTILE[0]: HOSTILE[1]}),
    }  # fmt: skip
    trend = {
        "platform": "x", "hour": NOON, "hashtag": "<b>x", "posts": len(posts), "authors": 1, "scored": len(posts),
        "burst_score": 5.0,
    }  # fmt: skip
    settings = make_lake(
        tmp_path_factory.mktemp("hostile"),
        silver_posts=posts,
        silver_rejected=refused,
        gold_topics=[topic],
        gold_post_scores=[score],
        gold_hashtag_trends=[trend],
        ops_batches=[entry(records=2 * len(posts), posts=len(posts), rejected=len(refused))],
        ops_promotions=[promotion],
    )
    with served(settings) as found:
        yield found


def ran(looking: Looking) -> bool:
    """Whether anything was run that a post says."""
    return looking.page.evaluate("window.ran") is not None


# What would turn round the words that stand after it in the same line.
TURNED = f"""[...document.querySelectorAll("main *")]
  .filter(each => [...each.childNodes].some(node => node.nodeType === 3 && node.data.includes("{OVERRIDE}")))
  .filter(each => getComputedStyle(each).display === "inline" && getComputedStyle(each).unicodeBidi !== "isolate")
  .map(each => each.outerHTML.slice(0, 120))"""


@pytest.mark.parametrize(
    "page",
    ["/", "/explore", "/explore?hashtag=%3Cb%3Ex", "/topics", "/topics/1", "/bursts", "/trust", "/trust/rejected"],
)
def test_no_page_runs_what_a_post_says_or_lets_it_turn_the_page_round(
    address: str, looking: Looking, page: str, tally: Tally
) -> None:
    assert looking.at(f"{address}{page}").status == 200
    assert not ran(looking)
    assert looking.page.locator("main script:not([type='application/json'])").count() == 0
    assert looking.page.locator("main img, main svg[onload], main b:not([class]):has-text('x')").count() == 0
    assert looking.page.evaluate(TURNED) == []
    assert looking.complaints == []
    tally.bad_inputs(len(HOSTILE))


def test_a_post_is_shown_and_found_word_for_word(address: str, looking: Looking, tally: Tally) -> None:
    looking.at(f"{address}/explore?order=oldest")
    assert set(looking.page.locator(".post .text").all_text_contents()) == set(HOSTILE)
    for text in HOSTILE:
        looking.page.goto(f"{address}/explore")
        looking.page.fill("input[name=text]", text)
        looking.page.click("form.filters button")
        looking.page.wait_for_selector(".chips")
        assert looking.page.locator(".post .text").all_text_contents() == found_by(text)
        assert text in looking.page.locator(".chips").first.text_content()
        assert looking.page.input_value("input[name=text]") == text
        assert not ran(looking)
    looking.page.goto(f"{address}/explore?text={quote('1_0%')}")
    assert looking.page.locator(".post .text").count() == 0, "a sign stood for others"
    assert looking.complaints == []
    tally.bad_inputs(len(HOSTILE))


def test_the_form_shows_what_was_typed_and_runs_nothing(address: str, looking: Looking, tally: Tally) -> None:
    for text in HOSTILE:
        looking.page.goto(f"{address}/analyse")
        looking.page.fill("textarea", text)
        looking.page.click("main button")
        looking.page.wait_for_selector("#words-title")
        assert looking.page.input_value("textarea") == text
        assert not ran(looking)
    assert looking.complaints == []
    tally.bad_inputs(len(HOSTILE))


def test_what_is_not_understood_is_400_shown_and_not_run(address: str, looking: Looking, tally: Tally) -> None:
    for asked in REFUSED:
        answer = looking.page.goto(address + quote(asked, safe="/?=&"))
        assert answer is not None
        assert answer.status == 400, asked
        assert looking.page.locator("[role=alert]").inner_text()
        assert looking.page.locator("main script, main svg, main img").count() == 0
        assert not ran(looking)
    tally.bad_inputs(len(REFUSED))


def test_no_address_leads_out_of_the_folder_of_our_own_files(address: str, tally: Tally) -> None:
    for path in OUT_OF_THE_FOLDER:
        with pytest.raises(HTTPError) as refused, urllib.request.urlopen(address + path):
            pass
        said = refused.value.read().decode()
        assert refused.value.code in (400, 404), path
        assert "import " not in said
        assert "root:" not in said
    tally.bad_inputs(len(OUT_OF_THE_FOLDER))


def test_an_export_has_every_text_and_no_cell_that_a_spreadsheet_would_run(
    address: str, tmp_path: Path, tally: Tally
) -> None:
    with urllib.request.urlopen(f"{address}/export/posts.csv") as answer:
        assert answer.headers.get_content_type() == "text/csv"
        assert answer.headers["Content-Disposition"].startswith("attachment")
        rows = list(csv.DictReader(io.StringIO(answer.read().decode(), newline="")))
    assert {row["text"] for row in rows} == {f"'{text}" if text.startswith(FORMULAS) else text for text in HOSTILE}
    assert not any(value.startswith(FORMULAS) for row in rows for value in row.values() if not is_number(value))
    with urllib.request.urlopen(f"{address}/export/posts.parquet?text={quote(HOSTILE[6])}") as answer:
        (tmp_path / "posts.parquet").write_bytes(answer.read())
    assert pq.read_table(tmp_path / "posts.parquet")["text"].to_pylist() == [HOSTILE[6]]
    with urllib.request.urlopen(f"{address}/api/explore?text={quote(HOSTILE[0])}") as answer:
        assert answer.headers.get_content_type() == "application/json"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert [one["text"] for one in json.load(answer)["posts"]] == found_by(HOSTILE[0])
    tally.bad_inputs(len(HOSTILE))


def found_by(text: str) -> list[str]:
    """The posts that say it, letter by letter, the last first."""
    return [one for one in reversed(HOSTILE) if text in one]


def is_number(value: str) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return True
