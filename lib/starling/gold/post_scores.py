"""gold.post_scores: what the champions say of a post."""

from pyspark.sql.types import DoubleType, IntegerType, LongType, StringType, StructType, TimestampType

from starling.tables import Table, column

TABLE = Table(
    name="gold.post_scores",
    comment="One row a (platform, post_id) that arrived while there was a champion, or that was scored again since",
    schema=StructType(
        [
            column("platform", StringType(), "where the post was published", nullable=False),
            column("post_id", StringType(), "the platform's id of the post", nullable=False),
            column("created_at", TimestampType(), "when the post was published, UTC", nullable=False),
            column("topic", IntegerType(), "number of its topic in gold.topics; null where it has none"),
            column("topic_similarity", DoubleType(), "cosine of the post's words and the topic's centre, 0 to 1"),
            column("topic_reason", StringType(), "why none: no known terms, like no topic, no champion, or it fails"),
            column("predicted_engagement", DoubleType(), "likes + reposts + replies that the post will earn"),
            column("top_quarter_probability", DoubleType(), "chance, 0 to 1, that it will be among the top quarter"),
            column("engagement_reason", StringType(), "why nothing is predicted: no champion, or one that fails"),
            column("topics_version", IntegerType(), "version of starling-hashtag-topics that said so"),
            column("engagement_version", IntegerType(), "version of starling-engagement that said so"),
            column("kafka_topic", StringType(), "Kafka topic of the post's record in silver.posts", nullable=False),
            column("partition", IntegerType(), "its Kafka partition", nullable=False),
            column("offset", LongType(), "its Kafka offset", nullable=False),
            column("scored_at", TimestampType(), "when that was said, UTC", nullable=False),
        ]
    ),
    keys=("platform", "post_id"),
    statistics=("platform", "post_id", "created_at", "kafka_topic", "partition", "offset"),
)
