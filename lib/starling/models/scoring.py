"""What the champions say of posts: gold.post_scores' rows, the same for the stream and for history."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from starling.gold import author_records, post_scores
from starling.models.trained import ENGAGEMENT, TOPICS, Loaded
from starling.silver import posts

NO_CHAMPION = "no champion"

# A post like any other, to try a model on.
_EXAMPLE = {
    "platform": "x",
    "post_id": "1",
    "author": "0" * 32,
    "followers": 1,
    "created_at": datetime(2021, 1, 1, tzinfo=timezone.utc),
    "text": "An example of a post #example",
    "lang": "en",
    "hashtags": ["example"],
    "mentions": [],
    "urls": [],
    "is_reply": False,
    "is_quote": False,
    "topic": "none",
}


@dataclass(frozen=True)
class Champions:
    """The models that score posts; None where there is none, and `unusable` says why by the name of each that fails."""

    topics: Loaded | None = None
    engagement: Loaded | None = None
    unusable: Mapping[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Whether posts are to have scores at all, be it a reason why there are none."""
        return bool(self.topics or self.engagement or self.unusable)

    def alone(self) -> Iterator[tuple[Loaded, "Champions"]]:
        """Each of the models, and the champions as if it were the only one."""
        if self.topics:
            yield self.topics, Champions(topics=self.topics)
        if self.engagement:
            yield self.engagement, Champions(engagement=self.engagement)

    def without(self, name: str, why: str) -> "Champions":
        """The champions but for one, and why."""
        unusable = {**self.unusable, name: why}
        if name == TOPICS:
            return replace(self, topics=None, unusable=unusable)
        return replace(self, engagement=None, unusable=unusable)


def scores(new_posts: DataFrame, champions: Champions, records: Callable[[], DataFrame]) -> DataFrame:
    """gold.post_scores' rows of the posts; `records` gives gold.author_records where they are needed.

    Reads: silver.posts' columns. Grain: one row a post, still.
    """
    return (
        new_posts.withColumnRenamed("topic", "kafka_topic")  # which is no topic that hashtags fall into
        .transform(_with_terms, champions)
        .transform(_with_topic, champions)
        .transform(_with_engagement, champions, records)
        .withColumn("scored_at", F.current_timestamp())
        .select(*post_scores.TABLE.columns)
    )


def try_out(model: Loaded, spark: SparkSession) -> None:
    """Scores one post with the model; what is wrong with it, it raises now and not in a batch."""
    kinds = {name: posts.TABLE.schema[name].dataType.simpleString() for name in _EXAMPLE}
    example = spark.createDataFrame([tuple(_EXAMPLE.values())], ", ".join(f"{n} {k}" for n, k in kinds.items()))
    missing = [f for f in posts.TABLE.schema if f.name not in _EXAMPLE]
    post = example.withColumns({f.name: F.lit(None).cast(f.dataType) for f in missing})
    only = Champions(topics=model) if model.name == TOPICS else Champions(engagement=model)
    run(scores(post, only, lambda: spark.createDataFrame([], author_records.TABLE.schema)))


def run(rows: DataFrame) -> None:
    """Computes the rows, and keeps none."""
    rows.write.format("noop").mode("overwrite").save()


# What applies a model is imported when there is one: it takes longer than all else of a stream.


def _with_terms(new_posts: DataFrame, champions: Champions) -> DataFrame:
    # + terms, where a model reads them
    if not (champions.topics or champions.engagement):
        return new_posts
    from starling.models.words import with_terms

    return new_posts.transform(with_terms)


def _with_topic(new_posts: DataFrame, champions: Champions) -> DataFrame:
    # + topic, topic_similarity, topic_reason, topics_version
    model = champions.topics
    if model is None:
        names = ("topic", "topic_similarity", "topics_version")
        return new_posts.withColumns(_unknown(*names, reason="topic_reason", why=champions.unusable.get(TOPICS)))
    from starling.models.topic_scores import score

    return new_posts.transform(score, model).withColumn("topics_version", F.lit(model.version))


def _with_engagement(new_posts: DataFrame, champions: Champions, records: Callable[[], DataFrame]) -> DataFrame:
    # + predicted_engagement, top_quarter_probability, engagement_reason, engagement_version
    model = champions.engagement
    if model is None:
        names = ("predicted_engagement", "top_quarter_probability", "engagement_version")
        why = champions.unusable.get(ENGAGEMENT)
        return new_posts.withColumns(_unknown(*names, reason="engagement_reason", why=why))
    from starling.models import engagement

    return engagement.score(new_posts, records(), model).withColumn("engagement_version", F.lit(model.version))


def _unknown(*names: str, reason: str, why: str | None) -> dict[str, Column]:
    kinds = {f.name: f.dataType for f in post_scores.TABLE.schema}
    return {name: F.lit(None).cast(kinds[name]) for name in names} | {reason: F.lit(why or NO_CHAMPION)}
