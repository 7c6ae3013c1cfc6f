"""gold.topic_lineage: what became of a topic from one version of the model to the next."""

from pyspark.sql.types import DoubleType, IntegerType, StringType, StructType

from starling.tables import Table, column

TABLE = Table(
    name="gold.topic_lineage",
    comment="One row a topic of a version that was kept, split off, born, merged into another or died",
    schema=StructType(
        [
            column("model_version", IntegerType(), "version of starling-hashtag-topics", nullable=False),
            column("previous_version", IntegerType(), "the champion it was compared with; null: there was none"),
            column("topic", IntegerType(), "the topic in this version; null: it died"),
            column("previous_topic", IntegerType(), "the topic in the previous version; null: it was born"),
            column("event", StringType(), "kept, born, merged, split or died", nullable=False),
            column("overlap", DoubleType(), "hashtags in both over those in either, by posts, 0 to 1", nullable=False),
        ]
    ),
    keys=("model_version", "topic", "previous_topic"),
    statistics=("model_version", "topic", "previous_topic"),
)
