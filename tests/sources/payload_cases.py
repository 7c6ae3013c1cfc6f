"""Records that break a rule, one for each way of doing so, and odd ones that break none."""

from typing import NamedTuple

from kafka_rows import as_json, x_archive, x_v2

ARCHIVE = (("source", b"x-archive"),)
GOOD = as_json(x_v2())
NOT_JSON = "not exactly one valid JSON document"
REPOST = [{"type": "retweeted", "id": "9"}]
DEEP = "[" * 2000 + "]" * 2000


class Case(NamedTuple):
    """A record, and the reason and the detail of its rejection; two nulls for a good one."""

    name: str
    value: bytes | None
    reason: str | None
    detail: str | None = None
    headers: tuple[tuple[str, bytes]] | None = (("source", b"x-v2"),)


def metric(written: str) -> bytes:
    """A post with that for its likes, as it is written."""
    return as_json(x_v2(public_metrics={"like_count": "VALUE"}), VALUE=written)


def dated(written: object) -> bytes:
    """A post with that for its time."""
    return as_json(x_v2(created_at=written))


def deletion(**event: object) -> bytes:
    """A deletion that says so."""
    return as_json({"data": {"delete": event}})


ENVELOPES = [
    Case("no value", None, "empty", "no payload"),
    Case("empty", b"", "empty", "no payload"),
    Case("blank", b"   ", "empty", "no payload"),
    Case("no headers", GOOD, "unknown_source", "header source: missing", None),
    Case("no source", GOOD, "unknown_source", "header source: missing", (("sauce", b"x-v2"),)),
    Case("source that is not UTF-8", GOOD, "unknown_source", "header source: missing", (("source", b"\xff"),)),
    Case("unknown source", GOOD, "unknown_source", "header source: x-v9", (("source", b"x-v9"),)),
    Case("endless source", GOOD, "unknown_source", f"header source: {'a' * 185}", (("source", b"a" * 300),)),
    Case("source in capitals", GOOD, "unknown_source", "header source: X-V2", (("source", b"X-V2"),)),
    Case("unknown source and empty", b"", "unknown_source", "header source: myspace", (("source", b"myspace"),)),
    Case("too large", b" " * 999_999 + b"{}", "too_large", "1000001 bytes; limit 1000000"),
    Case("not UTF-8", GOOD.replace(b"Hello", b"H\xffi"), "invalid_utf8", "the payload's bytes are not UTF-8"),
    Case("half a pair, as bytes", GOOD.replace(b"Hello", b"\xed\xa0\xbd"), "invalid_utf8",
         "the payload's bytes are not UTF-8"),
]  # fmt: skip

DOCUMENTS = [
    Case("truncated", GOOD[:-1], "invalid_json",
         f"{NOT_JSON}: unexpected end of data: line 1 column {len(GOOD)} (char {len(GOOD) - 1})"),
    Case("truncated within", GOOD[:40], "invalid_json", NOT_JSON),
    Case("two documents", GOOD + GOOD, "invalid_json",
         f"{NOT_JSON}: unexpected content after document: line 1 column {len(GOOD) + 1} (char {len(GOOD)})"),
    Case("two with a space", GOOD + b" " + GOOD, "invalid_json", NOT_JSON),
    Case("two lines", GOOD + b"\n" + GOOD, "invalid_json", NOT_JSON),
    Case("two with a comma", GOOD + b"," + GOOD, "invalid_json", NOT_JSON),
    Case("two, the second under a key", GOOD + b',"x":' + GOOD, "invalid_json", NOT_JSON),
    Case("two, the second in the first's place", GOOD + b',"document":' + GOOD, "invalid_json", NOT_JSON),
    Case("a letter behind it", GOOD + b"x", "invalid_json", NOT_JSON),
    Case("a brace behind it", GOOD + b"}", "invalid_json", NOT_JSON),
    Case("a comma behind it", GOOD + b",", "invalid_json", NOT_JSON),
    Case("byte order mark", b"\xef\xbb\xbf" + GOOD, "invalid_json", NOT_JSON),
    Case("single quotes", GOOD.replace(b'"', b"'"), "invalid_json", NOT_JSON),
    Case("comment", b"/* a post */" + GOOD, "invalid_json", NOT_JSON),
    Case("newline alone", b"\n", "invalid_json", NOT_JSON),
    Case("word", b"hello", "invalid_json", NOT_JSON),
    Case("NaN", b"NaN", "invalid_json", NOT_JSON),
    Case("NaN in a value", metric("NaN"), "invalid_json", NOT_JSON),
    Case("2,000 arrays deep", DEEP.encode(), "invalid_json", NOT_JSON),
    Case("2,000 objects deep", b'{"a":' * 2000 + b"1" + b"}" * 2000, "invalid_json", NOT_JSON),
    Case("2,000 deep in the text", as_json(x_v2(text="DEEP"), DEEP=DEEP), "invalid_json", NOT_JSON),
    Case("2,000 deep where nothing is read", as_json(x_v2(more="DEEP"), DEEP=DEEP), "invalid_json", NOT_JSON),
    Case("a number of 5,000 digits", metric("9" * 5000), "invalid_json", NOT_JSON),
    Case("a number that is infinite", metric("1e400"), "invalid_json", NOT_JSON),
    Case("control character", GOOD.replace(b"Hello", b"\x01"), "invalid_json", NOT_JSON),
    Case("U+0000, not escaped", GOOD.replace(b"Hello", b"\x00"), "invalid_json", NOT_JSON),
    Case("null", b"null", "unknown_record", "neither a post, a repost nor a deletion"),
    Case("empty object", b"{}", "unknown_record", "neither a post, a repost nor a deletion"),
    Case("error message", b'{"errors":[{"title":"x"}]}', "unknown_record", "neither a post, a repost nor a deletion"),
    Case("null data", b'{"data":null}', "unknown_record", "neither a post, a repost nor a deletion"),
    Case("null id", as_json(x_v2(id=None)), "unknown_record", "neither a post, a repost nor a deletion"),
    Case("archive row of v2", as_json(x_archive()), "unknown_record", "neither a post, a repost nor a deletion"),
    Case("v2 message of the archive", GOOD, "unknown_record", "neither a post, a repost nor a deletion", ARCHIVE),
]  # fmt: skip

TYPES = [
    Case("array", b"[]", "wrong_type", "$: wanted an object, got a list"),
    Case("array of one", b"[5]", "wrong_type", "$: wanted an object, got a list"),
    Case("number", b"5", "wrong_type", "$: wanted an object, got a number"),
    Case("string", b'"x"', "wrong_type", "$: wanted an object, got a string"),
    Case("data is a string", b'{"data":"x"}', "wrong_type", "$.data: wanted an object, got a string"),
    Case("text is a number", as_json(x_v2(text=5)), "wrong_type", "$.data.text: wanted a string, got a number"),
    Case("text is an object", as_json(x_v2(text={"a": 1})), "wrong_type",
         "$.data.text: wanted a string, got an object"),
    Case("text is 900 deep", as_json(x_v2(text="DEEP"), DEEP="[" * 900 + "]" * 900), "wrong_type",
         "$.data.text: wanted a string, got a list"),
    Case("count is a string", metric('"5"'), "wrong_type",
         "$.data.public_metrics.like_count: wanted a whole number of 64 bits, got a string"),
    Case("count is no whole number", metric("1.5"), "wrong_type",
         "$.data.public_metrics.like_count: wanted a whole number of 64 bits, got a number"),
    Case("count is huge", metric("9" * 20), "wrong_type",
         "$.data.public_metrics.like_count: wanted a whole number of 64 bits, got a number"),
    Case("counts are a list", as_json(x_v2(public_metrics=[1])), "wrong_type",
         "$.data.public_metrics: wanted an object, got a list"),
    Case("entities are a list", as_json(x_v2(entities=[])), "wrong_type",
         "$.data.entities: wanted an object, got a list"),
    Case("hashtags are a string", as_json(x_v2(entities={"hashtags": "x"})), "wrong_type",
         "$.data.entities.hashtags: wanted a list, got a string"),
    Case("mentions are an object", as_json(x_v2(entities={"mentions": {"a": 1}})), "wrong_type",
         "$.data.entities.mentions: wanted a list, got an object"),
    Case("links are a number", as_json(x_v2(entities={"urls": 1})), "wrong_type",
         "$.data.entities.urls: wanted a list, got a number"),
    Case("references are a string", as_json(x_v2(referenced_tweets="x")), "wrong_type",
         "$.data.referenced_tweets: wanted a list, got a string"),
    Case("deletion is a string", b'{"data":{"delete":"5"}}', "wrong_type",
         "$.data.delete: wanted an object, got a string"),
    Case("includes are a list", as_json(x_v2() | {"includes": []}), "wrong_type",
         "$.includes: wanted an object, got a list"),
    Case("archive: text is a flag", as_json(x_archive(text=True)), "wrong_type",
         "$.text: wanted a string, got true or false", ARCHIVE),
    Case("archive: count is a string", as_json(x_archive(favorite_count="5")), "wrong_type",
         "$.favorite_count: wanted a whole number of 64 bits, got a string", ARCHIVE),
    Case("archive: flag is a string", as_json(x_archive(is_retweet="no")), "wrong_type",
         "$.is_retweet: wanted true or false, got a string", ARCHIVE),
    Case("archive: hashtags are a string", as_json(x_archive(hashtags="a")), "wrong_type",
         "$.hashtags: wanted a list, got a string", ARCHIVE),
    Case("archive: a list of rows", as_json([x_archive()]), "wrong_type",
         "$: wanted an object, got a list", ARCHIVE),
]  # fmt: skip

VALUES = [
    Case("id is a word", as_json(x_v2(id="abc")), "bad_id", "abc is not a post's id"),
    Case("id is empty", as_json(x_v2(id="")), "bad_id", " is not a post's id"),
    Case("id is negative", as_json(x_v2(id="-1")), "bad_id", "-1 is not a post's id"),
    Case("id has 21 digits", as_json(x_v2(id="1" * 21)), "bad_id", f"{'1' * 21} is not a post's id"),
    Case("id in other digits", as_json(x_v2(id="١٢")), "bad_id", "١٢ is not a post's id"),
    Case("id has a line end", as_json(x_v2(id="12\n")), "bad_id", "12\n is not a post's id"),
    Case("id is an object", as_json(x_v2(id={"a": 1})), "bad_id", '{"a":1} is not a post\'s id'),
    Case("id is endless", as_json(x_v2(id="7" * 300)), "bad_id", f"{'7' * 80} is not a post's id"),
    Case("repost of a word", as_json(x_v2(referenced_tweets=[{"type": "retweeted", "id": "x"}])), "bad_id",
         "x is not a post's id"),
    Case("repost with a bad id of its own",
         as_json(x_v2(id="x", referenced_tweets=REPOST)), "bad_id",
         "9 is not a post's id"),
    Case("archive: repost of nothing", as_json(x_archive(is_retweet=True)), "bad_id", "null is not a post's id",
         ARCHIVE),
    Case("no created_at", dated(None), "missing_created_at", "no created_at"),
    Case("repost without created_at", as_json(x_v2(created_at=None, referenced_tweets=REPOST)), "missing_created_at",
         "no created_at"),
    Case("epoch ms as text", dated("1617292396000"), "bad_created_at", "1617292396000 is no ISO 8601 time"),
    Case("epoch ms", dated(1617292396000), "bad_created_at", "1617292396000 is no ISO 8601 time"),
    Case("+25:00", dated("2021-06-01T10:00:00+25:00"), "bad_created_at",
         "2021-06-01T10:00:00+25:00 is no ISO 8601 time"),
    Case("date only", dated("2021-06-01"), "bad_created_at", "2021-06-01 is no ISO 8601 time"),
    Case("30th of February", dated("2021-02-30T10:00:00Z"), "bad_created_at",
         "2021-02-30T10:00:00Z is no ISO 8601 time"),
    Case("as X v1 wrote it", dated("Fri Aug 16 02:15:02 +0000 2013"), "bad_created_at",
         "Fri Aug 16 02:15:02 +0000 2013 is no ISO 8601 time"),
    Case("no time", dated(""), "bad_created_at", " is no ISO 8601 time"),
    Case("now", dated("now"), "bad_created_at", "now is no ISO 8601 time"),
    Case("1970", dated("1970-01-01T00:00:00Z"), "created_too_early", "1970-01-01T00:00:00Z is before any post"),
    Case("a second before X", dated("2006-03-20T23:59:59Z"), "created_too_early",
         "2006-03-20T23:59:59Z is before any post"),
    Case("2099", dated("2099-01-01T00:00:00Z"), "created_in_future", "2099-01-01T00:00:00Z is after the record came"),
    Case("a microsecond after the limit", dated("2021-06-01T13:00:00.000001Z"), "created_in_future",
         "2021-06-01T13:00:00.000001Z is after the record came"),
    Case("no text", as_json(x_v2(text=None)), "missing_text", "no text"),
    Case("negative count", metric("-1"), "negative_count", "1/-1/-/-/-"),
    Case("negative last count", as_json(x_v2(public_metrics={"like_count": 0, "quote_count": -3})), "negative_count",
         "1/0/-/-/-3"),
    Case("repost without counts",
         as_json(x_v2(referenced_tweets=REPOST, public_metrics=None)), "nothing_counted",
         "a repost without any count"),
    Case("deletion of a word", deletion(tweet={"id": "x"}), "bad_id", "x is not a post's id"),
    Case("deletion at no time", deletion(tweet={"id": "5"}, event_at="x"), "bad_created_at", "x is no ISO 8601 time"),
]  # fmt: skip

GOOD_ONES = [
    Case("good", GOOD, None),
    Case("white space around it", b"\r\n " + GOOD + b"\t\n", None),
    Case("as large as may be", GOOD + b" " * (1_000_000 - len(GOOD)), None),
    Case("id is a number", as_json(x_v2(id=12)), None),
    Case("id has 20 digits", as_json(x_v2(id="1" * 20)), None),
    Case("first day of X", dated("2006-03-21T00:00:00Z"), None),
    Case("an hour ahead", dated("2021-06-01T13:00:00Z"), None),
    Case("another zone", dated("2021-06-01T15:30:00.5+05:30"), None),
    Case("zone without a colon", dated("2021-06-01T05:00:00-0500"), None),
    Case("no zone", dated("2021-06-01 10:00:00,25"), None),
    Case("no seconds", dated("2021-06-01T10:00Z"), None),
    Case("no text at all, but a text", as_json(x_v2(text="")), None),
    Case("no counts", as_json(x_v2(public_metrics=None)), None),
    Case("repost without a text", as_json(x_v2(text=None, referenced_tweets=REPOST)), None),
    Case("counts of zero", as_json(x_v2(public_metrics={"like_count": 0, "quote_count": 0})), None),
    Case("U+0000, escaped", as_json(x_v2(text="a\0b")), None),
    Case("half a pair in the text", as_json(x_v2(text="HALF"), HALF=r'"a\ud83db"'), None),
    Case("a pair in the text", as_json(x_v2(text="PAIR"), PAIR=r'"\uD83D\uDCAF"'), None),
    Case("half a pair and escapes", as_json(x_v2(text="HALF"), HALF=r'"\uDC00\\ud83d\n\"\ud83d\udcaf\ud83d"'), None),
    Case("half a pair where nothing is read", as_json(x_v2(more="HALF"), HALF=r'"\udc00"'), None),
    Case("more fields than known", as_json(x_v2(news={"a": [1, None]}) | {"matching_rules": []}), None),
    Case("a field twice", GOOD.replace(b'"text"', b'"text": "first", "text"'), None),
    Case("deletion", deletion(tweet={"id": "5", "author_id": "7"}, event_at="2021-05-31T15:18:15.250Z"), None),
    Case("deletion without a time", deletion(tweet={"id": "6"}), None),
    Case("archive row", as_json(x_archive()), None, None, ARCHIVE),
    Case("archive row with R's empty lists", as_json(x_archive(hashtags={}, mentions_screen_name={})), None, None,
         ARCHIVE),
]  # fmt: skip

CASES = [*ENVELOPES, *DOCUMENTS, *TYPES, *VALUES, *GOOD_ONES]
