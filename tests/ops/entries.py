"""Entries of the ledger, for the tests of what is made of them."""

from datetime import datetime, timedelta, timezone

from starling.ops.ledger import Entry

WRITTEN_AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)


def entry(
    *,
    posts: int = 0,
    engagement: int = 0,
    deletions: int = 0,
    rejected: int = 0,
    duplicates: int = 0,
    newest_seconds: float = 0.0,
    partition: int = 0,
) -> Entry:
    """An entry that balances, whose newest record came `newest_seconds` before it was written."""
    records = posts + engagement + deletions + rejected + duplicates
    return Entry(
        query_id="q",
        batch_id=3,
        topic="starling.posts",
        partition=partition,
        from_offset=0,
        until_offset=records,
        records=records,
        posts=posts,
        engagement=engagement,
        deletions=deletions,
        rejected=rejected,
        duplicates=duplicates,
        repeated=0,
        newest_record_at=WRITTEN_AT - timedelta(seconds=newest_seconds),
        started_at=WRITTEN_AT,
        written_at=WRITTEN_AT,
    )
