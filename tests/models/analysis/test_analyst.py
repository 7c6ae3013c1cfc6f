"""Whole answers by real champions: what is in them, whatever is asked."""

import json
import math
import os
import subprocess
import sys
from dataclasses import asdict, fields, is_dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import starling
from starling.models.analysis import Analysis, Analyst, AuthorRecord, Draft
from starling.models.engagement.features import INPUTS
from starling.models.topic_scores import UNKNOWN_TERMS
from starling.models.trained import ENGAGEMENT, TOPICS
from starling.settings import Settings

AT = datetime(2021, 3, 3, 9, 30, tzinfo=timezone.utc)
DRAFT = Draft("Not bad at all, what the city council does for #ESA2019!", ("elgl19",), followers=500, at=AT)

HOSTILE = {
    "nothing": Draft(""),
    "spaces": Draft("   "),
    "lines": Draft("\n\r\n\u2028\x85"),
    "100,000 characters": Draft("good but bad " * 7_693),
    "100,000 characters of one word": Draft("a" * 100_000),
    "100,000 signs": Draft("#@" * 50_000),
    "100,000 brackets of a link": Draft("https://a.org/" + "(" * 100_000),
    "emoji": Draft("😂😍🔥\U0001f1e9\U0001f1ea👍🏽👨\u200d👩\u200d👧"),
    "control characters": Draft("".join(map(chr, range(32))) + "\x7f\x80\x9f\x00good"),
    "right to left": Draft(
        "\u202e\u0645\u0631\u062d\u0628\u0627 #\u0627\u0644\u0633\u0639\u0648\u062f\u064a\u0629 \u200f!"
    ),
    "half a character": Draft("\ud83d good \udc00", ("\ud83d",), "\ud83d", "\ud83d"),
    "markup": Draft("<script>alert('good')</script> & \"x\" {{7*7}}", ("<b>", "';--")),
    "many hashtags": Draft("", tuple(f"tag{n}" for n in range(500))),
    "the first moment": Draft("Hi", at=datetime.min),  # noqa: DTZ901 -- without a zone, UTC
    "the last moment": Draft("Hi", at=datetime.max),  # noqa: DTZ901
    "many followers": Draft("Hi", followers=10**18),
    "a record": Draft("Hi", author=AuthorRecord(10**9, 10**9, 20.0)),
    "no platform": Draft("Hi", platform=""),
}


def _all_values(value: object) -> list[object]:
    if is_dataclass(value):
        return [one for field in fields(value) for one in _all_values(getattr(value, field.name))]
    if isinstance(value, tuple | list):
        return [one for each in value for one in _all_values(each)]
    if isinstance(value, dict):
        return [one for each in value.values() for one in _all_values(each)]
    return [value]


def test_an_answer_names_the_versions_that_gave_it(analyst: Analyst) -> None:
    found = analyst.analyse(DRAFT)
    assert [(one.name, one.version, one.note) for one in found.models] == [(TOPICS, 1, None), (ENGAGEMENT, 1, None)]
    assert found.text == f"{DRAFT.text} #elgl19"
    assert (found.hashtags, found.at) == (("esa2019", "elgl19"), AT)


def test_the_terms_of_a_topic_sum_up_to_its_cosine(analyst: Analyst) -> None:
    topic = analyst.analyse(DRAFT).topic
    assert topic.number is not None
    assert topic.similarity == pytest.approx(sum(term.cosine for term in topic.terms))
    assert sum(term.share for term in topic.terms) == pytest.approx(1.0)
    assert "#esa2019" in {term.term for term in topic.terms}
    assert [term.cosine for term in topic.terms] == sorted((term.cosine for term in topic.terms), reverse=True)
    similarities = [topic.similarity, *(one.similarity for one in topic.neighbours)]
    assert similarities == sorted(similarities, reverse=True)
    assert topic.number not in {one.number for one in topic.neighbours}


def test_a_topic_is_named_as_the_catalogue_has_it(analyst: Analyst) -> None:
    topic = analyst.analyse(DRAFT).topic
    assert analyst.topics.model
    about = analyst.topics.model.about
    assert topic.number is not None
    assert topic.label == about[topic.number]["label"] != ""
    assert list(topic.words) == about[topic.number]["words"]
    assert [one.label for one in topic.neighbours] == [about[one.number]["label"] for one in topic.neighbours]


def test_terms_that_no_topic_has_are_a_reason_and_are_told(analyst: Analyst) -> None:
    topic = analyst.analyse(Draft("Zyzzyva qwertz", ("starlingstarling",))).topic
    assert (topic.number, topic.label, topic.similarity, topic.reason) == (None, None, None, UNKNOWN_TERMS)
    assert topic.unknown == ("zyzzyva", "qwertz", "#starlingstarling")
    assert topic.neighbours == topic.terms == ()


def test_an_interval_lies_around_what_is_predicted_and_says_what_it_stands_on(analyst: Analyst) -> None:
    found = analyst.analyse(DRAFT).engagement
    assert found.interval
    assert found.predicted is not None
    assert 0 <= found.interval.low <= found.predicted <= found.interval.high
    assert analyst.engagement.model
    bounds = analyst.engagement.model.bounds
    assert bounds
    low, high = bounds.around(math.log1p(found.predicted))
    assert (found.interval.low, found.interval.high) == pytest.approx((math.expm1(low), math.expm1(high)))
    assert found.interval.level == 0.8
    assert found.interval.basis == f"{bounds.posts:,} held-out posts of {bounds.authors:,} authors"


def test_a_change_is_what_the_model_says_of_the_changed_draft(analyst: Analyst) -> None:
    found = analyst.analyse(DRAFT).engagement
    changed = {
        "followers": Draft(DRAFT.text, DRAFT.hashtags, followers=5_000, at=AT),
        "media": Draft(DRAFT.text, DRAFT.hashtags, followers=500, at=AT, has_media=True),
        "reply": Draft(DRAFT.text, DRAFT.hashtags, followers=500, at=AT, is_reply=True),
        "link": Draft(f"{DRAFT.text} https://example.org", DRAFT.hashtags, followers=500, at=AT),
    }
    told = {change.name: change for change in found.changes}
    assert found.predicted is not None
    seen = 0
    for name, draft in changed.items():
        theirs = analyst.analyse(draft).engagement
        if name not in told:
            assert theirs.predicted == found.predicted
            continue
        seen += 1
        assert told[name].predicted == theirs.predicted
        assert told[name].top_quarter_probability == theirs.top_quarter_probability
        assert told[name].difference == pytest.approx(theirs.predicted - found.predicted)
        assert told[name].factor == pytest.approx((1 + theirs.predicted) / (1 + found.predicted))
        differing = {n: (found.features[n], theirs.features[n]) for n in INPUTS if n != "terms"}
        differing = {n: pair for n, pair in differing.items() if pair[0] != pair[1]}
        assert {one.name: (one.before, one.after) for one in told[name].features if one.name in INPUTS} == differing
    assert seen >= 2


def test_changes_come_by_their_size_and_of_all_hours_the_best_and_the_worst(analyst: Analyst) -> None:
    found = analyst.analyse(DRAFT).engagement
    sizes = [abs(math.log(change.factor)) for change in found.changes]
    assert sizes == sorted(sizes, reverse=True)
    assert 0 not in sizes
    hours = {change.factor for change in found.changes if change.name == "hour"}
    each = [analyst.analyse(Draft(DRAFT.text, DRAFT.hashtags, followers=500, at=AT.replace(hour=h))) for h in range(24)]
    factors = [(1 + (one.engagement.predicted or 0)) / (1 + (found.predicted or 0)) for one in each]
    del factors[9]
    assert hours == {factor for factor in (max(factors), min(factors)) if factor != 1}


def test_a_hashtag_that_the_model_has_learnt_is_named_among_what_changed(analyst: Analyst) -> None:
    (less,) = [
        one for one in analyst.analyse(Draft("City", ("esa2019",))).engagement.changes if one.name == "hashtag less"
    ]
    by_name = {one.name: (one.before, one.after) for one in less.features}
    assert by_name["hashtag_count"] == (1, 0)
    assert analyst.engagement.model
    assert ("#esa2019" in by_name) == ("#esa2019" in analyst.engagement.model.vocabulary)


def test_the_features_are_all_that_the_model_was_told(analyst: Analyst) -> None:
    features = analyst.analyse(DRAFT).engagement.features
    assert tuple(features) == INPUTS
    assert (features["followers"], features["sent_hour"], features["sent_weekday"]) == (500, 9, 2)
    assert (features["hashtag_count"], features["characters"]) == (2, len(DRAFT.text) + 8)
    assert features["author_mean_log"] is None


@pytest.mark.parametrize("draft", HOSTILE.values(), ids=HOSTILE)
def test_whatever_is_asked_there_is_an_answer(analyst: Analyst, draft: Draft) -> None:
    found = analyst.analyse(draft)
    json.dumps(asdict(found), default=str).encode()
    numbers = [value for value in _all_values(found) if isinstance(value, float)]
    assert all(map(math.isfinite, numbers))
    assert not [value for value in _all_values(found) if isinstance(value, np.generic)]
    assert all(found.text[token.start : token.end] == token.text for token in found.sentiment.tokens)
    assert (found.sentiment.compound is None) == (found.sentiment.reason is not None)
    assert (found.topic.number is None) == (found.topic.reason is not None)
    assert found.engagement.predicted is not None


def test_words_of_hostile_texts_are_kept_as_they_are(analyst: Analyst) -> None:
    assert analyst.analyse(HOSTILE["markup"]).text == HOSTILE["markup"].text + ""
    assert analyst.analyse(HOSTILE["markup"]).not_hashtags == ("<b>", "';--")
    assert analyst.analyse(HOSTILE["half a character"]).text == "\ufffd good \ufffd"


_ASKED = """
import json, sys
from pyspark import SparkContext
from starling.models.analysis import Analyst, Draft
from starling.settings import Paths, Settings
analyst = Analyst.load(Settings(paths=Paths(work=sys.argv[1])))
found = analyst.analyse(Draft("Not bad", lang="en"))
print(json.dumps([found.sentiment.compound, found.topic.reason, found.engagement.predicted]))
assert SparkContext._gateway is None and "mlflow" not in sys.modules
"""


def test_no_jvm_is_started_nor_needed(copied: Settings, analyst: Analyst, tmp_path: Path) -> None:
    places = {"PATH": str(tmp_path), "JAVA_HOME": str(tmp_path), "HOME": str(tmp_path)}
    environ = {**places, "PYTHONPATH": os.pathsep.join([str(Path(starling.__file__).parents[1]), *sys.path])}
    command = [sys.executable, "-c", _ASKED, copied.paths.work]
    said: Any = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr
    compound, reason, predicted = json.loads(said.stdout)
    ours: Analysis = analyst.analyse(Draft("Not bad", lang="en"))
    assert (compound, reason) == (0.431, ours.topic.reason)
    assert predicted > 0
