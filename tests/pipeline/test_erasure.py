"""Which numbers of a payload are taken for ids: all that are, and few that are not."""

import pytest
from pyspark.sql import SparkSession

from starling.pipeline.erasure import numbers

CASES = {
    None: None,
    "": [],
    '{"id": "20", "conversation_id":"1234567890123456789"}': ["20", "1234567890123456789"],
    '{"id": "20", "broken': ["20"],
    '{"like_count": 20, "at": "2021-05-01T20:20:20Z", "text": "20 of 20"}': [],
    '{"status_id":1125781899207536641}': ["1125781899207536641"],
    "see https://x.com/a/status/1125781899207536641?s=20": ["1125781899207536641"],
    r'{"inner": "{\"id\": \"1125781899207536641\"}"}': ["1125781899207536641"],
    '"123456789" 123456789': ["123456789"],
    "1234567890": ["1234567890"],
    f'"{"1" * 20}"': ["1" * 20],
    f'"{"1" * 21}"': [],
    '"20a" "a20" "2 0" "20.5" "-20"': [],
}


@pytest.mark.parametrize("payload", CASES)
def test_ids_are_found_in_a_payload(spark: SparkSession, payload: str | None) -> None:
    row = spark.createDataFrame([(payload,)], "payload string").select(numbers("payload").alias("found")).first()
    assert row.found == CASES[payload]
