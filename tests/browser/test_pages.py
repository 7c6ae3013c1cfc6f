"""Every page, with the bundled posts and trained models behind it, as a reader sees it."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timezone

import duckdb
import pytest
from deltalake import DeltaTable
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from browser.looking import Looking
from browser.serving import served
from starling.settings import Settings

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

PAGES = {
    "now": "/",
    "explore": "/explore",
    "explore-filtered": "/explore?hashtag=esa2019&sentiment=positive",
    "topics": "/topics",
    "words": "/topics/words",
    "bursts": "/bursts",
    "analyse": "/analyse",
    "trust": "/trust",
    "rejected": "/trust/rejected",
    "api": "/api",
}
WIDTHS = {"desktop": 1280, "phone": 390}


@pytest.fixture(scope="module")
def address(trained_lake: Settings) -> Iterator[str]:
    with served(trained_lake) as found:
        yield found


def posts(settings: Settings, query: str) -> list[tuple[object, ...]]:
    """Asks silver.posts itself."""
    silver = DeltaTable(f"{settings.lake}/silver/posts").to_pyarrow_dataset()
    with duckdb.connect() as database:
        database.execute("SET TimeZone = 'UTC'")
        database.register("silver", silver)
        return database.execute(query).fetchall()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_whole_legible_and_open_to_every_reader(address: str, looking: Looking, name: str) -> None:
    for scheme in ("light", "dark"):
        looking.page.emulate_media(color_scheme=scheme)
        for screen, width in WIDTHS.items():
            looking.narrow(width)
            answer = looking.at(f"{address}{PAGES[name]}")
            assert answer.status == 200
            assert not looking.is_too_wide(), f"{name} is wider than {width} points"
            looking.keep(f"{name}-{screen}-{scheme}")
        assert looking.barriers() == []
    assert looking.charts_without_a_table() == []
    assert looking.page.locator("h1").count() == 1
    assert looking.complaints == []


def test_a_click_on_a_bar_leads_to_its_posts(address: str, looking: Looking, trained_lake: Settings) -> None:
    looking.at(f"{address}/explore")
    plot = looking.page.locator(".plot[data-chart='hashtags-data']")
    plot.scroll_into_view_if_needed()
    box = plot.locator(".barlayer .point path").last.bounding_box()
    assert box is not None
    looking.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    looking.page.wait_for_url("**/explore?hashtag=*")
    (chosen,) = re.findall(r"hashtag=([^&]+)", looking.page.url)
    counted = Counter(tag for (tags,) in posts(trained_lake, "SELECT hashtags FROM silver") for tag in tags)
    assert counted[chosen] == max(counted.values())
    assert looking.page.locator(".number dd").first.inner_text() == f"{counted[chosen]:,}"


def test_filters_are_an_address_that_can_be_shared_and_taken_back(
    address: str, looking: Looking, trained_lake: Settings
) -> None:
    looking.at(f"{address}/explore")
    looking.page.fill("input[name=text]", "Great")
    looking.page.select_option("select[name=sentiment]", "positive")
    looking.page.click("main form button")
    looking.page.wait_for_url("**text=Great*")
    ((found,),) = posts(
        trained_lake, "SELECT count(*) FROM silver WHERE text ILIKE '%great%' AND sentiment = 'positive'"
    )
    assert found
    assert looking.page.locator(".number dd").first.inner_text() == f"{found:,}"
    looking.page.click(".chips a:has-text('Great')")
    looking.page.wait_for_url(lambda url: "text=" not in url)
    assert "sentiment=positive" in looking.page.url


def test_the_form_says_what_vader_and_the_champions_say(address: str, looking: Looking) -> None:
    text = "The #esa2019 talks were REALLY great, but the queue was not good at all :("
    looking.at(f"{address}/analyse")
    looking.page.fill("textarea", text)
    looking.page.fill("input[name=followers]", "250")
    looking.page.click("main form button")
    looking.page.wait_for_selector("#words-title")
    looking.draw()
    numbers = looking.page.locator(".number").all_inner_texts()
    expected = SentimentIntensityAnalyzer().polarity_scores(text)["compound"]
    assert f"{expected:+.3f}" in numbers[0]
    assert "negative" in numbers[0]
    said = looking.page.locator("main").inner_text()
    assert "starling-hashtag-topics, version 1" in said
    assert "starling-engagement, version 1" in said
    assert looking.page.locator("mark.down").first.inner_text().startswith("good")
    looking.keep("analysed-desktop")
    assert looking.barriers() == []
    assert looking.complaints == []


def test_the_pages_can_be_walked_by_keyboard(address: str, looking: Looking) -> None:
    looking.at(f"{address}/explore")
    looking.page.keyboard.press("Tab")
    assert looking.page.evaluate("document.activeElement.textContent") == "Skip to the content"
    looking.page.keyboard.press("Enter")
    assert looking.page.evaluate("document.activeElement.id") == "main"


def test_the_json_says_what_the_page_says(address: str, looking: Looking, trained_lake: Settings) -> None:
    answer = looking.page.goto(f"{address}/api/explore?lang=en&since=2019-08-14&until=2019-08-15")
    assert answer is not None
    told = json.loads(answer.text())
    since, until = (datetime(2019, 8, day, tzinfo=timezone.utc) for day in (14, 15))
    ((found, mean),) = posts(
        trained_lake,
        f"SELECT count(*), avg(compound) FROM silver WHERE lang = 'en' AND created_at >= '{since}' "
        f"AND created_at < '{until}'",
    )
    assert told["summary"]["whole"]["posts"] == found
    assert told["summary"]["whole"]["mean_compound"] == pytest.approx(mean)
