"""The live page moves while posts come in, without being loaded again."""

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from browser.looking import Looking
from browser.serving import served
from serving.lake import entry, gold_of, make_lake
from serving.lake import post as posted
from starling.settings import Settings
from streams.lakes import Lake, running
from streams.messages import post

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def test_the_first_page_follows_a_running_stream(
    spark: SparkSession, settings: Settings, broker: str, looking: Looking
) -> None:
    lake = Lake(spark, settings, broker)
    with running(lake) as failures, served(settings) as address:
        looking.at(f"{address}/")
        looking.page.evaluate("window.loaded = 'once'")
        for number, text in enumerate(("the first good day", "the second bad day")):
            lake.send([post(id=str(900 + number), text=text)])
            looking.page.locator(f".post .text:has-text('{text}')").wait_for(timeout=60_000)
        assert looking.page.evaluate("window.loaded") == "once"
        assert "ledger balanced" in looking.page.locator(".trust").inner_text()
        looking.keep("now-live")
    assert failures == []
    assert looking.complaints == []


def test_while_nothing_changes_the_page_still_renews_itself(tmp_path: Path, looking: Looking) -> None:
    posts = [posted(1)]
    settings = make_lake(tmp_path, silver_posts=posts, ops_batches=[entry(records=1, posts=1)], **gold_of(posts))
    with served(settings) as address:
        looking.page.clock.install()
        looking.at(f"{address}/")
        looking.page.evaluate("document.getElementById('main').dataset.before = 'yes'")
        looking.page.clock.fast_forward(15_000)
        looking.page.locator("#main:not([data-before])").wait_for()
    assert looking.complaints == []
