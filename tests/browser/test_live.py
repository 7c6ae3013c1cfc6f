"""The live page moves while posts come in, without being loaded again."""

import pytest
from pyspark.sql import SparkSession

from browser.looking import Looking
from browser.serving import served
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
