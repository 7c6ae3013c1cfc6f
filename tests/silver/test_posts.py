"""silver.posts: what is said of a post, against plain Python and the reference's VADER."""

import base64
import hashlib
import hmac
import json
from datetime import datetime, timezone
from typing import Any

import pytest
from pyspark.sql import Row, SparkSession
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from kafka_rows import Sent, as_json, kafka_rows, x_v2
from samples import bundled
from starling.pipeline.batch import records
from starling.settings import Language, Limits, Sentiment, Settings
from starling.silver import posts

LATER = datetime(2026, 1, 1, tzinfo=timezone.utc)
KEY = b"a key for these tests"
LIMIT = 100
MOST_ENTITIES = 3
SETTINGS = Settings(
    sentiment=Sentiment(max_characters=LIMIT),
    language=Language(min_confidence=0.5),
    limits=Limits(max_entities=MOST_ENTITIES),
)

ENGLISH = "I am so happy about the wonderful weather today"
GERMAN = "Heute ist das Wetter leider wirklich schlecht und ich bleibe zu Hause"
# 100 characters, of which some take four bytes; whatever follows is not read.
EXACT = "good 😀 " * 14 + "ok"
ENTITIES = {
    "hashtags": [{"tag": "Given"}, {"tag": "GIVEN"}, {"tag": "ÉTÉ"}],
    "mentions": [{"username": "Ana"}, {"username": "ana"}],
    "urls": [{"expanded_url": "https://a.org/Long"}, {"expanded_url": "https://a.org/Long"}],
}

# What a message says beside a good post's values, and the columns that follow.
CASES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "English by the payload": ({}, {"lang": "en", "lang_source": "payload", "scorer": "vaderSentiment 3.3.2"}),
    "English by the payload, in another language": ({"text": GERMAN}, {"lang": "en", "lang_source": "payload"}),
    "an old code": ({"lang": "in"}, {"lang": "id", "lang_source": "payload", "unscored_reason": "language: id"}),
    "hashtags only": ({"lang": "qht"}, {"lang": "qht", "lang_source": "payload", "unscored_reason": "language: qht"}),
    "undetermined by the payload": (
        {"lang": "und", "text": ENGLISH}, {"lang": "en", "lang_source": "detected", "unscored_reason": None}
    ),
    "no language": ({"lang": None, "text": GERMAN}, {"lang": "de", "lang_source": "detected"}),
    "no language to be found": (
        {"lang": "", "text": "😀 12:30"},
        {"lang": "und", "lang_source": "detected", "unscored_reason": "language: und", "compound": None, "pos": None,
         "neu": None, "neg": None, "sentiment": None, "scorer": None, "sentiment_cut": False},
    ),
    "no text": (
        {"text": ""},
        {"unscored_reason": "no text", "compound": None, "sentiment": None, "scorer": None, "hashtags": [],
         "text_hash": hashlib.sha256(b"").hexdigest()},
    ),
    "spaces": ({"text": "   "}, {"unscored_reason": "no text", "compound": None}),
    "as long as may be": ({"text": EXACT}, {"sentiment_cut": False}),
    "a character longer": ({"text": EXACT + "!"}, {"sentiment_cut": True}),
    "much longer": ({"text": f"{EXACT} {'horrible ' * 5000}"}, {"sentiment_cut": True, "sentiment": "positive"}),
    "long, and not English": ({"text": f"{GERMAN}. " * 9, "lang": "de"}, {"sentiment_cut": False, "scorer": None}),
    "negative": ({"text": "This is not good"}, {"sentiment": "negative"}),
    "neutral": ({"text": "This is a table"}, {"sentiment": "neutral", "compound": 0.0}),
    "entities beat the text": (
        {"text": "#Text @text https://t.co/text", "entities": ENTITIES},
        {"hashtags": ["given", "été"], "mentions": ["ana"], "urls": ["https://a.org/Long"]},
    ),
    "entities that are empty beat the text": (
        {"text": "#Text @text https://t.co/text", "entities": {}}, {"hashtags": [], "mentions": [], "urls": []}
    ),
    "as many entities as may be": (
        {"text": "#1a #2a #3a #1A @a @b @c https://a.org https://b.org https://c.org"},
        {"hashtags": ["1a", "2a", "3a"], "mentions": ["a", "b", "c"], "entities_cut": False},
    ),
    "a hashtag more": (
        {"text": "#1a #2a #3a #1A #4a @a"},
        {"hashtags": ["1a", "2a", "3a"], "mentions": ["a"], "urls": [], "entities_cut": True},
    ),
    "a mention more": (
        {"text": "#1a @a @b @c @d"},
        {"hashtags": ["1a"], "mentions": ["a", "b", "c"], "urls": [], "entities_cut": True},
    ),
    "a link more": (
        {"entities": {"urls": [{"expanded_url": f"https://a.org/{n}"} for n in range(4)]}},
        {"hashtags": [], "urls": ["https://a.org/0", "https://a.org/1", "https://a.org/2"], "entities_cut": True},
    ),
    "no entities": (
        {"text": "#Two #two ＃Drei @Ana RT@ana https://t.co/A https://t.co/A."},
        {"hashtags": ["two", "drei"], "mentions": ["ana"], "urls": ["https://t.co/A"]},
    ),
    "U+0000": ({"text": "happy\0 #a"}, {"text": "happy\0 #a", "hashtags": ["a"]}),
    "no author": ({"author_id": None}, {"author": None}),
    "an author without a name": (
        {"author_id": ""}, {"author": hmac.new(KEY, b"x:", hashlib.sha256).hexdigest()[:32]}
    ),
    "a reply": ({"referenced_tweets": [{"type": "replied_to", "id": "3"}]}, {"is_reply": True, "is_quote": False}),
    "a quote": ({"referenced_tweets": [{"type": "quoted", "id": "3"}]}, {"is_reply": False, "is_quote": True}),
}  # fmt: skip


def _id(name: str) -> str:
    """The id of a case: real ones begin with 20."""
    return str(1_000 + list(CASES).index(name))


def _rows(spark: SparkSession, payloads: list[bytes]) -> dict[str, Row]:
    """By post id, the rows of the good posts among the payloads."""
    described = records(kafka_rows(spark, [Sent(payload, at=LATER) for payload in payloads]), SETTINGS, KEY)
    types = [(field.name, field.dataType) for field in posts.posts(described).schema]
    assert types == [(field.name, field.dataType) for field in posts.TABLE.schema]
    # Chosen here and not by Spark, which would spend its time on working the choice into the plan.
    rows = described.select(*posts.TABLE.columns, "reason", "kind").collect()
    return {row.post_id: row for row in rows if row.reason is None and row.kind == "post"}


@pytest.fixture(scope="module")
def real() -> dict[str, dict]:
    """By id, some bundled messages that are no reposts."""
    messages = bundled("x_v2_stream")[::7]
    own = (one for one in messages if "retweeted" not in json.dumps(one["data"].get("referenced_tweets")))
    return {one["data"]["id"]: one for one in own}


@pytest.fixture(scope="module")
def rows(spark: SparkSession, real: dict[str, dict]) -> dict[str, Row]:
    """By id, those and the cases; and records that are no posts among them."""
    made_up = [as_json(x_v2(id=_id(name), **said)) for name, (said, _) in CASES.items()]
    repost = as_json(x_v2(id="500", text="happy", referenced_tweets=[{"type": "retweeted", "id": "1"}]))
    others = [b"", b"{}", repost, b'{"data":{"delete":{"tweet":{"id":"501"}}}}']
    return _rows(spark, [*made_up, *others, *(json.dumps(one).encode() for one in real.values())])


@pytest.mark.parametrize("name", CASES)
def test_a_post_is_described(rows: dict[str, Row], name: str) -> None:
    row, expected = rows[_id(name)], CASES[name][1]
    assert {column: row[column] for column in expected} == expected


def test_there_is_a_row_for_each_good_post_and_for_no_other_record(rows: dict[str, Row], real: dict) -> None:
    assert len(real) > 500
    assert rows.keys() == {*real, *map(_id, CASES)}


def test_an_english_text_is_scored_as_written_up_to_the_limit_and_others_say_why_not(rows: dict[str, Row]) -> None:
    reference = SentimentIntensityAnalyzer()
    unscored = dict.fromkeys(("neg", "neu", "pos", "compound"))
    for row in rows.values():
        scored = row.lang == "en" and row.text.strip() != ""
        assert {name: row[name] for name in unscored} == (
            reference.polarity_scores(row.text[:LIMIT]) if scored else unscored
        )
        assert (row.unscored_reason is None, row.scorer is not None) == (scored, scored)
        assert row.sentiment_cut == (scored and len(row.text) > LIMIT)
        assert row.sentiment == _label(row.compound)
    assert {row.sentiment for row in rows.values()} == {"positive", "neutral", "negative", None}


def _label(compound: float | None) -> str | None:
    if compound is None:
        return None
    return "positive" if compound >= 0.05 else "negative" if compound <= -0.05 else "neutral"


def test_a_real_post_has_its_source_s_words_and_its_author_s_pseudonym(rows: dict[str, Row], real: dict) -> None:
    for post_id, message in real.items():
        post, row = message["data"], rows[post_id]
        author = hmac.new(KEY, f"x:{post['author_id']}".encode(), hashlib.sha256).hexdigest()[:32]
        assert (row.text, row.author) == (post["text"], author)
        if post.get("lang", "und") not in ("und", "in", "iw"):
            assert (row.lang, row.lang_source) == (post["lang"], "payload")
        entities = post.get("entities")
        if entities is not None:
            tags = list(dict.fromkeys(one["tag"].lower() for one in entities.get("hashtags", [])))
            names = list(dict.fromkeys(one["username"].lower() for one in entities.get("mentions", [])))
            urls = {one["expanded_url"] for one in entities.get("urls", []) if "expanded_url" in one}
            assert (row.hashtags, row.mentions) == (tags[:MOST_ENTITIES], names[:MOST_ENTITIES])
            assert row.entities_cut == (max(len(tags), len(names), len(urls)) > MOST_ENTITIES)


def test_copies_of_a_text_share_their_hash(rows: dict[str, Row], real: dict) -> None:
    by_hash: dict[str, set[str]] = {}
    for post_id in real:
        by_hash.setdefault(rows[post_id].text_hash, set()).add(rows[post_id].text)
    assert max(len(texts) for texts in by_hash.values()) <= 3
    assert len(by_hash) > 400


def test_the_key_does_not_appear_in_the_query_plan(spark: SparkSession, capsys: pytest.CaptureFixture[str]) -> None:
    records(kafka_rows(spark, [Sent(b"{}")]), SETTINGS, KEY).explain(extended=True)
    plan = capsys.readouterr().out
    assert "MapInArrow" in plan
    for spelling in (KEY.decode(), str(KEY), KEY.hex(), base64.b64encode(KEY).decode()):
        assert spelling not in plan


def test_what_may_not_be_null_is_not(rows: dict[str, Row]) -> None:
    needed = [field.name for field in posts.TABLE.schema if not field.nullable]
    assert [(row.post_id, name) for row in rows.values() for name in needed if row[name] is None] == []
