"""Texts that a scorer would take minutes for: only the beginning of each is scored, as by the reference, and flagged.

No clock is asked: without the cap other scores would be found.
"""

import pytest
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from faults.checked import is_whole, tell
from faults.figures import Tally
from samples import bundled
from streams.lakes import Lake
from streams.messages import post

# What conf/starling.toml says (sentiment.max_characters).
READ = 8_000

LONG = {
    "but": "good but " * 16_000,
    "least": "at least good " * 10_000,
    "not": "not " * 30_000 + "good",
    "emoji": "😀" * 10_000,
    "a word": "a" * 100_000,
    "marks": "good" + "!?" * 50_000,
    # The same number of characters each, so that one more or less would be another score.
    "love, then hate": "love " * (READ // 5) + "hate " * 20_000,
    "hate, then love": "hate " * (READ // 5) + "love " * 20_000,
    "love in the last word": "a " * (READ // 2 - 2) + "love" + "hate" * 9,
    # Patterns that look for hashtags, handles and links might go back and forth in these.
    "hash": "#" + "_" * 100_000,
    "at": "@" * 100_000,
    "brackets": "http://a.org/(" + ")" * 50_000,
}
# What the reference says of the first 8,000 of the emoji, for which it takes a minute.
SCORES_OF_EMOJI = {"neg": 0.0, "neu": 0.286, "pos": 0.714, "compound": 1.0}


def scores(row: dict) -> dict[str, float | None]:
    return {name: row[name] for name in ("neg", "neu", "pos", "compound")}


@pytest.mark.timeout(180)
@pytest.mark.fault(12, '"good but" 16,000 times, 10,000 emoji, a word of 100 KB, no text: cut, flagged, scored')
def test_hostile_texts_are_scored_on_their_beginning_and_ordinary_ones_as_ever(lake: Lake, tally: Tally) -> None:
    ordinary = sorted({one["data"]["text"] for one in bundled("x_v2_stream")[:60]})
    told = dict(zip(map(str, range(1_000, 2_000)), [*LONG.values(), *ordinary], strict=False))
    unsaid = {str(2_000 + number): text for number, text in enumerate(LONG.values())}
    sent = [
        *(post(id=post_id, text=text) for post_id, text in told.items()),
        *(post(id=post_id, text=text, lang=None) for post_id, text in unsaid.items()),
        post(id="3000", text=""),
        post(id="3001", text=None),
    ]
    lake.send(sent)
    lake.drain()

    rows = {row["post_id"]: row for row in lake.rows("silver.posts")}
    assert rows.keys() == {*told, *unsaid, "3000"}
    reference = SentimentIntensityAnalyzer()
    expected = {text: reference.polarity_scores(text[:READ]) for text in told.values() if text != LONG["emoji"]}
    expected[LONG["emoji"]] = SCORES_OF_EMOJI
    for post_id, text in (told | unsaid).items():
        row = rows[post_id]
        assert row["text"] == text
        assert (row["lang"], row["lang_source"]) == ("en", "payload") or post_id in unsaid
        english = row["lang"] == "en"
        assert scores(row) == (expected[text] if english else dict.fromkeys(scores(row)))
        assert row["sentiment_cut"] == (english and len(text) > READ)
    of = {name: rows[str(1_000 + number)] for number, name in enumerate(LONG)}
    assert all(of[name]["sentiment_cut"] for name in LONG)
    assert (of["love, then hate"]["sentiment"], of["hate, then love"]["sentiment"]) == ("positive", "negative")
    assert of["love in the last word"]["sentiment"] == "positive"
    assert (of["hash"]["hashtags"], of["at"]["mentions"]) == ([], [])
    assert of["brackets"]["urls"] == ["http://a.org/()"]

    assert (rows["3000"]["unscored_reason"], rows["3000"]["sentiment_cut"]) == ("no text", False)
    assert lake.rows("silver.rejected", "reason", "key") == [{"reason": "missing_text", "key": "x:3001"}]
    is_whole(lake)
    tell(tally, lake, len(sent))
    tally.bad_inputs(len(LONG) + len(unsaid) + 2)
