"""What an engagement model says of posts."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from starling.models.engagement.features import with_inputs, with_record_now
from starling.models.engagement.forests import CHANCES, PREDICTED, chance
from starling.models.trained import Loaded

SAID = ("predicted_engagement", "top_quarter_probability", "engagement_reason")


def score(posts: DataFrame, author_records: DataFrame, loaded: Loaded) -> DataFrame:
    """Adds what each post will earn. Grain: one row a post, still.

    Reads: silver.posts' columns, terms; gold.author_records' columns.
    Adds: predicted_engagement double ≥ 0, likes + reposts + replies: as the forest is of logarithms, about what the
    middle one of such posts earns, and not their mean; top_quarter_probability double [0, 1]; engagement_reason
    string, null: something is known of every post.
    """
    known = posts.transform(with_record_now, author_records).transform(with_inputs)
    return (
        loaded.pipeline.transform(known)
        .withColumn("predicted_engagement", F.expm1(F.greatest(PREDICTED, F.lit(0.0))))
        .withColumn("top_quarter_probability", chance(CHANCES))
        .withColumn("engagement_reason", F.lit(None).cast("string"))
        .select(*posts.columns, *SAID)
    )
