"""What every source's payload becomes: one record."""

from typing import NamedTuple

POST = "post"
REPOST = "repost"
DELETION = "deletion"

COUNTS = ("likes", "reposts", "replies", "quotes")


class Record(NamedTuple):
    """What a source says. `kind` is None where a document is neither a post, a repost nor a deletion.

    `post_id` of a repost is its original's, `record_id` its own; the counts are those of `post_id`, None where unknown.
    A list is None where the source does not give it, empty where there is none.
    """

    kind: str | None = None
    platform: str | None = None
    record_id: str | None = None
    post_id: str | None = None
    created_at: str | None = None
    text: str | None = None
    lang: str | None = None
    author_id: str | None = None
    followers: int | None = None
    hashtags: list[str] | None = None
    mentions: list[str] | None = None
    urls: list[str] | None = None
    is_reply: bool = False
    is_quote: bool = False
    likes: int | None = None
    reposts: int | None = None
    replies: int | None = None
    quotes: int | None = None

    @property
    def counts(self) -> tuple[int | None, ...]:
        """COUNTS."""
        return self.likes, self.reposts, self.replies, self.quotes
