"""What is known of a post when it is sent, as the columns that the pipeline reads.

An author's record counts settled posts with what they had earned when they were last observed, which may be after the
post in question was sent: silver keeps few observations of a post, and a settled post's counts hardly move.
"""

from datetime import timedelta

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from starling.gold.author_records import exact

RECORD = ("author_posts", "author_settled_posts", "author_mean_log")
# Numbers that the pipeline takes as they are.
PLAIN = ("is_reply", "is_quote", "has_media", "starts_with_mention", "upper_share")
HOUR, WEEKDAY = "sent_hour", "sent_weekday"
# Counts that span orders of magnitude.
SKEWED = (
    "characters",
    "lines",
    "digits",
    "emoji",
    "exclamations",
    "questions",
    "hashtag_count",
    "link_count",
    "mention_count",
    "author_posts",
    "author_settled_posts",
)
# Numbers that may be missing; the first spans orders of magnitude as well.
FOLLOWERS = "followers"
GAPPED = (FOLLOWERS, "compound", "pos", "neg", "author_mean_log")
CATEGORIES = ("platform", "lang")
TERMS = "terms"
INPUTS = (*PLAIN, HOUR, WEEKDAY, *SKEWED, *GAPPED, *CATEGORIES, TERMS)

MEDIA = r"(?i)/(?:photo|video)/\d|pic\.twitter\.com|youtu\.?be|instagram\.com|tiktok\.com"
EMOJI = r"[\x{1f1e6}-\x{1f1ff}\x{1f300}-\x{1faff}\x{2600}-\x{27bf}]"


def with_inputs(posts: DataFrame) -> DataFrame:
    """Adds what the pipeline reads beside silver's columns and RECORD. Grain: one row a post, still.

    Reads: text, created_at, hashtags, urls, mentions. Adds: long counts of what is in the text, ≥ 0; upper_share
    double, the share of its letters that are capitals; starts_with_mention, has_media boolean; sent_hour 0 to 23
    and sent_weekday 0 (Monday) to 6, UTC.
    """
    text = F.coalesce("text", F.lit(""))
    return posts.withColumns(
        {
            "characters": F.length(text),
            "lines": _count(text, "\n") + 1,
            "digits": _count(text, r"\p{Nd}"),
            "emoji": _count(text, EMOJI),
            "exclamations": _count(text, "!"),
            "questions": _count(text, r"\?"),
            "upper_share": F.coalesce(F.try_divide(_count(text, r"\p{Lu}"), _count(text, r"\p{L}")), F.lit(0.0)),
            "starts_with_mention": text.startswith("@"),
            "hashtag_count": F.size("hashtags"),
            "link_count": F.size("urls"),
            "mention_count": F.size("mentions"),
            "has_media": F.exists("urls", lambda url: url.rlike(MEDIA)),
            HOUR: F.hour("created_at"),
            WEEKDAY: F.weekday("created_at"),
        }
    )


def _count(text: Column, pattern: str) -> Column:
    return F.regexp_count(text, F.lit(pattern))


def with_record_before(posts: DataFrame, settle_hours: int) -> DataFrame:
    """Adds RECORD as it stood when each post was sent. Grain: one row a post, still.

    Reads: platform, post_id, author, created_at; log_engagement double. Adds: author_posts long, the author's earlier
    posts; author_settled_posts long, those of them that were `settle_hours` old and have a log_engagement;
    author_mean_log double, its mean over these, null where there are none. A post without an author has no record.
    """
    # Without an author each post is its own, so that they do not all become one author's.
    author = F.coalesce("author", F.concat(F.lit("post "), "post_id"))
    in_time = Window.partitionBy("platform", author).orderBy(F.unix_micros("created_at"))
    earlier = in_time.rangeBetween(Window.unboundedPreceding, -1)
    # A post is no part of its own record, however soon counts are taken as settled.
    settle_micros = max(1, timedelta(hours=settle_hours) // timedelta(microseconds=1))
    settled = in_time.rangeBetween(Window.unboundedPreceding, -settle_micros)
    earned = F.sum(exact("log_engagement")).over(settled).cast("double")
    settled_posts = F.count("log_engagement").over(settled)
    return posts.withColumns(
        {
            "author_posts": F.count("*").over(earlier),
            "author_settled_posts": settled_posts,
            "author_mean_log": F.try_divide(earned, settled_posts),
        }
    )


def with_record_now(posts: DataFrame, author_records: DataFrame) -> DataFrame:
    """Adds RECORD as it stood at the last training: what a new post's author had done by then.

    Reads: platform, author; gold.author_records' columns. Grain: one row a post, still.
    """
    records = author_records.select(
        "platform",
        "author",
        F.col("posts").alias("author_posts"),
        F.col("settled_posts").alias("author_settled_posts"),
        F.col("mean_log_engagement").alias("author_mean_log"),
    )
    return posts.join(records, ["platform", "author"], "left").fillna(0, ["author_posts", "author_settled_posts"])
