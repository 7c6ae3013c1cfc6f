"""Records that are no posts, between posts: each is refused with its reason, and stops nothing."""

import pytest

from faults.checked import is_whole, tell
from faults.figures import Tally
from kafka_rows import as_json, x_archive, x_v2
from streams.lakes import Lake, Record
from streams.messages import COUNTS, post

GOOD = as_json(x_v2())
DEEP = "[" * 2_000 + "]" * 2_000
V2, ARCHIVE = "x-v2", "x-archive"


def counted(written: str) -> bytes:
    return as_json(x_v2(public_metrics={**COUNTS, "like_count": "VALUE"}), VALUE=written)


# By its name: the source that is said, the value, and the reason of the rejection.
BAD: dict[str, tuple[str | None, bytes | None, str]] = {
    "no value": (V2, None, "empty"),
    "empty": (V2, b"", "empty"),
    "spaces": (V2, b"   ", "empty"),
    "no source": (None, GOOD, "unknown_source"),
    "unknown source": ("x-v9", GOOD, "unknown_source"),
    "a byte too large": (V2, GOOD + b" " * (1_000_001 - len(GOOD)), "too_large"),
    "not UTF-8": (V2, GOOD.replace(b"Hello", b"H\xffi"), "invalid_utf8"),
    "overlong UTF-8": (V2, GOOD.replace(b"Hello", b"H\xc0\xafi"), "invalid_utf8"),
    "half a pair, as bytes": (V2, GOOD.replace(b"Hello", b"\xed\xa0\xbd"), "invalid_utf8"),
    "UTF-16": (V2, GOOD.decode().encode("utf-16"), "invalid_utf8"),
    **{f"truncated after {n} bytes": (V2, GOOD[:n], "invalid_json") for n in range(1, len(GOOD), 20)},
    "byte order mark": (V2, b"\xef\xbb\xbf" + GOOD, "invalid_json"),
    "two documents": (V2, GOOD + GOOD, "invalid_json"),
    "two lines": (V2, GOOD + b"\n" + GOOD, "invalid_json"),
    "half of a second document": (V2, GOOD + GOOD[:30], "invalid_json"),
    "NaN": (V2, b"NaN", "invalid_json"),
    "NaN likes": (V2, counted("NaN"), "invalid_json"),
    "infinite likes, in words": (V2, counted("-Infinity"), "invalid_json"),
    "2,000 deep": (V2, DEEP.encode(), "invalid_json"),
    "2,000 deep in the text": (V2, as_json(x_v2(text="HERE"), HERE=DEEP), "invalid_json"),
    "2,000 deep where nothing is read": (V2, as_json(x_v2(more="HERE"), HERE=DEEP), "invalid_json"),
    "2,000 objects deep": (V2, b'{"data":' * 2_000 + b"1" + b"}" * 2_000, "invalid_json"),
    "a number of 5,000 digits": (V2, counted("9" * 5_000), "invalid_json"),
    "U+0000, not escaped": (V2, GOOD.replace(b"Hello", b"\x00"), "invalid_json"),
    "single quotes": (V2, GOOD.replace(b'"', b"'"), "invalid_json"),
    "a comma too many": (V2, GOOD[:-1] + b",}", "invalid_json"),
    "HTML": (V2, b"<html><body>502 Bad Gateway</body></html>", "invalid_json"),
    "empty list": (V2, b"[]", "wrong_type"),
    "a list of one post": (V2, b"[" + GOOD + b"]", "wrong_type"),
    "a number": (V2, b"5", "wrong_type"),
    "data is a list": (V2, b'{"data":[]}', "wrong_type"),
    "text is a number": (V2, as_json(x_v2(text=5)), "wrong_type"),
    "text is an object": (V2, as_json(x_v2(text={"en": "Hello"})), "wrong_type"),
    "likes are a string": (V2, counted('"5"'), "wrong_type"),
    "likes are a half": (V2, counted("1.5"), "wrong_type"),
    "likes are 2 to the 63rd": (V2, counted(str(2**63)), "wrong_type"),
    "likes are infinite": (V2, counted("1e400"), "invalid_json"),
    "hashtags are a string": (V2, as_json(x_v2(entities={"hashtags": "x"})), "wrong_type"),
    "entities are a list": (V2, as_json(x_v2(entities=[])), "wrong_type"),
    "archive: text is a flag": (ARCHIVE, as_json(x_archive(text=True)), "wrong_type"),
    "archive: a list of rows": (ARCHIVE, as_json([x_archive()]), "wrong_type"),
    "null": (V2, b"null", "unknown_record"),
    "empty object": (V2, b"{}", "unknown_record"),
    "an error message": (V2, b'{"errors":[{"title":"ConnectionException"}]}', "unknown_record"),
    "all null": (V2, as_json(x_v2(**dict.fromkeys(x_v2()["data"]))), "unknown_record"),
    "a message of another source": (ARCHIVE, GOOD, "unknown_record"),
    "null text": (V2, as_json(x_v2(text=None)), "missing_text"),
    "null time": (V2, as_json(x_v2(created_at=None)), "missing_created_at"),
    "time is a list": (V2, as_json(x_v2(created_at=[2021])), "bad_created_at"),
    "id is a huge number": (V2, as_json(x_v2(id=10**30)), "bad_id"),
    "id is a word": (V2, as_json(x_v2(id="1; DROP TABLE posts")), "bad_id"),
    "likes below zero": (V2, counted("-1"), "negative_count"),
    "repost of nothing counted": (
        V2, as_json(x_v2(public_metrics=None, referenced_tweets=[{"type": "retweeted", "id": "9"}])), "nothing_counted"
    ),
}  # fmt: skip

# Odd, and posts all the same. By id: the source, the value, and what its row says.
ODD: dict[str, tuple[str, bytes, dict[str, object]]] = {
    "901": (V2, as_json(x_v2(id="901")).replace(b'"text"', b'"text": "first", "text"'), {"text": "Hello"}),
    "902": (V2, as_json(x_v2(id="902", text="a\0b")), {"text": "a\0b"}),
    "903": (V2, as_json(x_v2(id=903)), {"text": "Hello"}),
    "904": (V2, as_json(x_v2(id="904", referenced_tweets=[], entities={"hashtags": [], "urls": [{}]})),
            {"is_reply": False, "hashtags": [], "urls": []}),
    "905": (V2, as_json(x_v2(id="905", referenced_tweets=[{}], entities={"hashtags": [{"tag": None}, {"tag": "a"}]})),
            {"is_quote": False, "hashtags": ["a"]}),
    "906": (V2, as_json(x_v2(id="906", lang=None, author_id=None, public_metrics=None, entities=None)),
            {"author": None, "text": "Hello"}),
    "907": (ARCHIVE, as_json(x_archive(status_id="907", hashtags={}, mentions_screen_name=[None])),
            {"hashtags": [], "mentions": []}),
    "909": (V2, as_json(x_v2(id="909", text="HERE"), HERE=r'"cut \ud83d"'), {"text": "cut \ufffd"}),
    "908": (V2, b"\r\n\t " + as_json(x_v2(id="908")) + b" \n", {"text": "Hello"}),
}  # fmt: skip


@pytest.mark.fault(
    11, "poison: truncated, wrong types, NaN, 2,000 deep, BOM, [], empty, two documents, huge numbers, nulls, not UTF-8"
)
def test_bad_records_are_refused_with_their_reasons_and_the_posts_between_them_land(lake: Lake, tally: Tally) -> None:
    bad = [Record(source, value, name) for name, (source, value, _) in BAD.items()]
    between = [post(id=str(1_000 + number), text=f"good {number}") for number in range(len(bad))]
    odd = [Record(source, value, f"x:{post_id}") for post_id, (source, value, _) in ODD.items()]
    sent = [*odd, *(record for pair in zip(bad, between, strict=True) for record in pair)]
    lake.send(sent)
    lake.drain()

    rows = {row["post_id"]: row for row in lake.rows("silver.posts")}
    assert rows.keys() == {*ODD, *(str(1_000 + number) for number in range(len(bad)))}
    assert [rows[str(1_000 + number)]["text"] for number in range(len(bad))] == [f"good {n}" for n in range(len(bad))]
    for post_id, (_, _, expected) in ODD.items():
        assert {column: rows[post_id][column] for column in expected} == expected

    refused = {row["key"]: row for row in lake.rows("silver.rejected")}
    assert {name: row["reason"] for name, row in refused.items()} == {
        name: reason for name, (*_, reason) in BAD.items()
    }
    for name, (source, value, reason) in BAD.items():
        row = refused[name]
        assert row["source"] == source
        assert (row["raw"] and bytes(row["raw"])) == (value if reason == "invalid_utf8" else None)
        assert reason == "invalid_utf8" or row["payload"] == (None if value is None else value.decode())

    sums = {"records": len(sent), "posts": len(rows), "rejected": len(BAD)}
    assert lake.ledger() == {**dict.fromkeys(lake.ledger(), 0), **sums}
    is_whole(lake)
    tell(tally, lake, len(sent))
    tally.bad_inputs(len(BAD) + len(ODD))
