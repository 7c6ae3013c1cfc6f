"""What may be asked to be forgotten, and what is said of it."""

from datetime import datetime, timezone

import pytest

from starling.errors import ConfigError
from starling.ops.erasures import Receipt
from starling.ops.maintenance.forget import Forgotten, Id, Request, _promised
from starling.settings import Retention

NOON = datetime(2026, 1, 2, 12, tzinfo=timezone.utc)
RECEIPT = Receipt("a", "silver.posts", 14, 2_000, 2_000, "deletion", NOON, NOON)


def test_posts_and_authors_are_asked_for_by_id_or_pseudonym() -> None:
    assert Request.of(["20", "x:21", "x:20"]) == Request(posts=(Id("x", "20"), Id("x", "21")))
    assert Request.of(author="12") == Request.of(author="x:12") == Request(author=Id("x", "12"))
    assert Request.of(pseudonym="0a" * 16) == Request(pseudonym="0a" * 16)


@pytest.mark.parametrize("wrong", ["", "x:", "12a", "1" * 21, "y:12", "12 ", "-1", "１２"])
def test_an_id_that_cannot_be_is_answered_with_those_that_can(wrong: str) -> None:
    with pytest.raises(ConfigError) as refused:
        Request.of(["20", wrong])
    assert str(refused.value) == f"post {wrong!r}: an id is 1 to 20 digits, with x: before them or nothing"
    if wrong:
        with pytest.raises(ConfigError, match=r"^--author '.*': an id is 1 to 20 digits"):
            Request.of(author=wrong)


@pytest.mark.parametrize("wrong", ["0A" * 16, "0" * 31, "0" * 33, "g" * 32])
def test_a_pseudonym_that_cannot_be_is_refused(wrong: str) -> None:
    with pytest.raises(ConfigError, match=f"^--pseudonym '{wrong}': a pseudonym is 32 digits of 0 to 9 and a to f"):
        Request.of(pseudonym=wrong)


def test_nothing_to_forget_is_said() -> None:
    with pytest.raises(ConfigError, match=r"^nothing to forget: name posts by their ids, or an author with --author"):
        Request.of()


def test_a_receipt_for_a_person_and_for_a_program() -> None:
    posts = (Id("x", "1"), Id("x", "2"), Id("x", "3"))
    done = Forgotten("/lake", posts, already=1, unknown=(Id("x", "3"),), receipts=[RECEIPT])
    assert list(done.lines()) == [
        "Forgotten: 3 posts, of which 1 were deleted before",
        "  x:3 is not in silver.posts; its deletion is noted, so that it is refused when it comes",
        "  silver.posts             2,000 rows, version 14",
        "No file of the tables has it any more.",
    ]
    assert done.as_json() == {
        "lake": "/lake",
        "posts": ["x:1", "x:2", "x:3"],
        "already_deleted": 1,
        "unknown": ["x:3"],
        "erasures": [
            {
                "erasure_id": "a",
                "table_name": "silver.posts",
                "version": 14,
                "rows": 2_000,
                "posts": 2_000,
                "reason": "deletion",
                "erased_at": "2026-01-02T12:00:00+00:00",
                "files_gone_at": "2026-01-02T12:00:00+00:00",
            }
        ],
        "to_come": None,
    }


def test_what_a_running_stream_will_do_is_promised() -> None:
    assert _promised(Retention()) == (
        "The running stream takes them out within 10 minutes, and deletes the files that had them within 80 minutes."
    )
    assert _promised(Retention(erase_minutes=0, grace_minutes=5)) == (
        "The running stream takes them out after its next micro-batch, and deletes the files that had them within "
        "25 minutes."
    )
