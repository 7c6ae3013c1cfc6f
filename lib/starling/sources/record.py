"""What every source's payload becomes: the columns of one record."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType, BooleanType, LongType, StringType, StructField, StructType

POST = "post"
REPOST = "repost"
DELETION = "deletion"

COUNTS = ("likes", "reposts", "replies", "quotes")

# What a source must give. `post_id` of a repost is its original's, `record_id` its own; the counts are those of
# `post_id`, null where unknown. A list is null where the source does not give it, empty where there is none.
# `misfit` is the path of a value that has the wrong type, where Spark's JSON parser cannot see that by itself.
RECORD = StructType(
    [
        StructField("kind", StringType()),
        StructField("platform", StringType()),
        StructField("record_id", StringType()),
        StructField("post_id", StringType()),
        StructField("created_at_text", StringType()),
        StructField("text", StringType()),
        StructField("lang_given", StringType()),
        StructField("author_id", StringType()),
        StructField("followers", LongType()),
        StructField("hashtags_given", ArrayType(StringType())),
        StructField("mentions_given", ArrayType(StringType())),
        StructField("urls_given", ArrayType(StringType())),
        StructField("is_reply", BooleanType()),
        StructField("is_quote", BooleanType()),
        *(StructField(name, LongType()) for name in COUNTS),
        StructField("misfit", StringType()),
    ]
)

# The types that a value may have in JSON, as the beginnings of what Spark calls them.
TEXT = ("STRING",)
COUNT = ("BIGINT",)
FLAG = ("BOOLEAN",)
OBJECT = ("OBJECT",)
LIST = ("ARRAY", "OBJECT<>")  # R writes an empty list as {}


@dataclass(frozen=True)
class Source:
    """One kind of payload.

    `document` is the schema of what is read of it, in a column of that name that is null for other sources' rows;
    `shared` adds what several columns are made of; `columns` says what each column of RECORD is made of; `types` is
    what the values must be, by path, to say which of them is not.
    """

    name: str
    document: StructType
    shared: Callable[[Column], Mapping[str, Column]]
    columns: Callable[[Column], Mapping[str, Column]]
    types: Mapping[str, Sequence[str]]

    @property
    def column(self) -> str:
        """The name of the column that holds the document, and then the record.

        >>> Source("x-v2", StructType(), dict, dict, {}).column
        'x_v2'
        """
        return self.name.replace("-", "_")

    def with_record(self, rows: DataFrame) -> DataFrame:
        """Replaces the column of the document by the struct of RECORD's columns."""
        document = F.col(self.column)
        # In a step of their own, Spark computes what is shared once instead of once a use.
        shared = rows.withColumns(dict(self.shared(document)))
        given = self.columns(document)
        record = F.struct(*(given[field.name].cast(field.dataType).alias(field.name) for field in RECORD))
        return shared.withColumn(self.column, record).drop(*self.shared(document))
