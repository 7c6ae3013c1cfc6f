"""Columns that plain Python makes of a batch of rows, on their way through Spark."""

from collections.abc import Callable, Iterable, Iterator, Sequence

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql.pandas.types import to_arrow_type
from pyspark.sql.types import StructType

Columns = Sequence[pa.Array]


def arrays(schema: StructType, rows: Iterable[Sequence[object]]) -> Columns:
    """The columns of rows that have the schema's values in its order; a timestamp is microseconds since 1970."""
    columns = list(zip(*rows, strict=True)) or [()] * len(schema)
    kinds = (to_arrow_type(field.dataType, timezone="UTC") for field in schema)
    return [pa.array(values, kind) for values, kind in zip(columns, kinds, strict=True)]


def with_columns(rows: DataFrame, added: StructType, make: Callable[[pa.RecordBatch], Columns]) -> DataFrame:
    """Adds the columns that `make` makes of each batch of the rows, on the workers. Grain: one row a row, still.

    Between the JVM and Python rows go once, as Arrow: what such a function says of a record costs less than what
    Spark's expressions do, and nothing has to be generated and compiled for it.
    """
    names = [*rows.columns, *added.names]

    def add(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            yield pa.RecordBatch.from_arrays([*batch.columns, *make(batch)], names)

    return rows.mapInArrow(add, StructType([*rows.schema.fields, *added.fields]))
