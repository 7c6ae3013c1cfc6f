"""gold.word_clusters: the words that go together, by version of the model that found them."""

from pyspark.sql.types import ArrayType, DoubleType, IntegerType, StringType, StructType

from starling.tables import Table, column

TABLE = Table(
    name="gold.word_clusters",
    comment="One row a version of the word clusters and cluster",
    schema=StructType(
        [
            column("model_version", IntegerType(), "version of starling-word-clusters", nullable=False),
            column("cluster", IntegerType(), "index of the cluster in the model", nullable=False),
            column("label", StringType(), "its first words; no two clusters of a version share it", nullable=False),
            column("words", ArrayType(StringType()), "all its terms, those that speak for it first", nullable=False),
            column("weights", ArrayType(DoubleType()), "cosine of each term to the centre, -1 to 1", nullable=False),
            column("npmi", DoubleType(), "coherence of its first ten words in held-out posts, -1 to 1", nullable=False),
        ]
    ),
    keys=("model_version", "cluster"),
    statistics=("model_version", "cluster"),
)
