"""Columns that plain Python makes of a batch of rows, on their way through Spark."""

import gc
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql.pandas.types import to_arrow_type
from pyspark.sql.types import StructType

Columns = Sequence[pa.Array]
Make = Callable[[pa.RecordBatch], Columns]


def arrays(schema: StructType, rows: Iterable[Sequence[object]]) -> Columns:
    """The columns of rows that have the schema's values in its order; a timestamp is microseconds since 1970."""
    columns = list(zip(*rows, strict=True)) or [()] * len(schema)
    kinds = (to_arrow_type(field.dataType, timezone="UTC") for field in schema)
    return [pa.array(values, kind) for values, kind in zip(columns, kinds, strict=True)]


def made(rows: DataFrame, schema: StructType, make: Make) -> DataFrame:
    """The columns that `make` makes of each batch of the rows, on the workers. Grain: one row a row, still.

    Between the JVM and Python rows go once, as Arrow: what such a function says of a record costs less than what
    Spark's expressions do, and nothing has to be generated and compiled for it.
    """

    def make_all(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            with without_collector():
                columns = make(batch)
            yield pa.RecordBatch.from_arrays(columns, schema.names)

    return rows.mapInArrow(make_all, schema)


@contextmanager
def without_collector() -> Iterator[None]:
    """Without Python's search for cycles: many small objects hold none, and it took a fifth of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def with_columns(rows: DataFrame, added: StructType, make: Make) -> DataFrame:
    """The rows with the columns that `make` makes of each batch of them."""
    schema = StructType([*rows.schema, *added])
    return made(rows, schema, lambda batch: [*batch.columns, *make(batch)])
