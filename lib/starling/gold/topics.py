"""gold.topics: the topics that hashtags fall into, by version of the model that found them."""

from pyspark.sql.types import ArrayType, DoubleType, IntegerType, LongType, StringType, StructType

from starling.tables import Table, column

TABLE = Table(
    name="gold.topics",
    comment="One row a version of the hashtag topics and topic",
    schema=StructType(
        [
            column("model_version", IntegerType(), "version of starling-hashtag-topics", nullable=False),
            column("topic", IntegerType(), "number, the same for as long as the topic is kept", nullable=False),
            column("label", StringType(), "its heaviest words; no two topics of a version share it", nullable=False),
            column("words", ArrayType(StringType()), "its ten heaviest terms, heaviest first", nullable=False),
            column("weights", ArrayType(DoubleType()), "their shares of the ten's TF-IDF, 0 to 1", nullable=False),
            column("hashtags", ArrayType(StringType()), "hashtags it was made from, most used first", nullable=False),
            column("posts", LongType(), "distinct texts that it is the nearest topic of", nullable=False),
            column("npmi", DoubleType(), "coherence of its words in held-out posts, -1 to 1", nullable=False),
        ]
    ),
    keys=("model_version", "topic"),
    statistics=("model_version", "topic"),
)
