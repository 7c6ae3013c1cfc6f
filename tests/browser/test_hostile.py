"""Posts are hostile text: shown word for word, never run, on every page that shows one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from browser.looking import Looking
from browser.serving import served
from serving.lake import NOON, entry, make_lake, post

RUN = "window.ran = 1"
HOSTILE = (
    f"<script>{RUN}</script> a good day",
    f"<img src=x onerror='{RUN}'> a good day",
    f'"><svg onload="{RUN}"></svg> a good day',
    f"</script><script>{RUN}</script> a good day #x",
    f"javascript:{RUN} {{{{7*7}}}} a good day &lt;b&gt;",
)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    posts = [post(n, text=text, hashtags=["<b>x"]) for n, text in enumerate(HOSTILE)]
    refused = [
        {
            "reason": "invalid_json", "detail": HOSTILE[1], "source": HOSTILE[0], "key": HOSTILE[2], "payload": text,
            "topic": "t", "partition": 0, "offset": n, "kafka_timestamp": NOON, "ingested_at": NOON,
        }
        for n, text in enumerate(HOSTILE)
    ]  # fmt: skip
    topic = {
        "model_version": 1, "topic": 1, "label": HOSTILE[3], "words": [HOSTILE[0], HOSTILE[1]], "weights": [0.6, 0.4],
        "hashtags": [HOSTILE[2]], "posts": 5, "npmi": 0.1,
    }  # fmt: skip
    score = {
        "platform": "x", "post_id": "0", "created_at": NOON, "topic": 1, "topics_version": 1, "engagement_version": 1,
        "kafka_topic": "t", "partition": 0, "offset": 0, "scored_at": NOON,
    }  # fmt: skip
    promotion = {
        "promotion_id": "p", "at": NOON, "model": HOSTILE[0], "action": "refused", "version": 1, "reason": HOSTILE[1],
        "evidence": '{"<script>window.ran = 1</script>": "<img src=x onerror=window.ran=1>"}',
    }  # fmt: skip
    settings = make_lake(
        tmp_path_factory.mktemp("hostile"),
        silver_posts=posts,
        silver_rejected=refused,
        gold_topics=[topic],
        gold_post_scores=[score],
        gold_hashtag_trends=[
            {
                "platform": "x",
                "hour": NOON,
                "hashtag": "<b>x",
                "posts": 5,
                "authors": 1,
                "scored": 5,
                "burst_score": 5.0,
            }
        ],
        ops_batches=[entry(records=10, posts=5, rejected=5)],
        ops_promotions=[promotion],
    )
    with served(settings) as found:
        yield found


@pytest.mark.parametrize(
    "page",
    ["/", "/explore", "/explore?hashtag=%3Cb%3Ex", "/topics", "/topics/1", "/bursts", "/trust", "/trust/rejected"],
)
def test_no_page_runs_what_a_post_says(address: str, looking: Looking, page: str) -> None:
    assert looking.at(f"{address}{page}").status == 200
    assert looking.page.evaluate("window.ran") is None
    assert looking.page.locator("main script:not([type='application/json'])").count() == 0
    assert looking.page.locator("main img, main svg[onload], main b:not([class]):has-text('x')").count() == 0
    assert looking.complaints == []


def test_a_post_is_shown_word_for_word(address: str, looking: Looking) -> None:
    looking.at(f"{address}/explore?order=oldest")
    assert set(looking.page.locator(".post .text").all_text_contents()) == set(HOSTILE)


def test_the_form_shows_what_was_typed_and_runs_nothing(address: str, looking: Looking) -> None:
    for text in HOSTILE:
        looking.page.goto(f"{address}/analyse")
        looking.page.fill("textarea", text)
        looking.page.click("main button")
        looking.page.wait_for_selector("#words-title")
        assert looking.page.input_value("textarea") == text
        assert looking.page.evaluate("window.ran") is None
    assert looking.complaints == []


def test_what_a_filter_says_is_shown_and_not_run(address: str, looking: Looking, tmp_path: Path) -> None:
    looking.at(f"{address}/explore?text=%3Cscript%3E{RUN.replace(' ', '%20')}%3C%2Fscript%3E")
    assert f"<script>{RUN}</script>" in looking.page.locator(".chips").inner_text()
    assert looking.page.evaluate("window.ran") is None
    answer = looking.page.goto(f"{address}/explore?%3Cscript%3E=1")
    assert answer is not None
    assert answer.status == 400
    assert "unknown filter '<script>'" in looking.page.locator("[role=alert]").inner_text()
