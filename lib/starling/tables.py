"""What a table is: its name, which is also its place, its schema and its keys."""

from dataclasses import dataclass

from pyspark.sql.types import DataType, StructField, StructType


def column(name: str, kind: DataType, comment: str, nullable: bool = True) -> StructField:
    """A column whose meaning is stored in the table beside its type."""
    return StructField(name, kind, nullable, {"comment": comment})


@dataclass(frozen=True)
class Table:
    """A Delta table. `silver.posts` lies at `LAKE/silver/posts` and is made by `starling.silver.posts`.

    `keys` are the columns that no two rows share. `statistics` are the columns whose least and greatest value Delta
    keeps per file, to skip files by; never a text, whose statistics would outlive its deletion in the log.
    """

    name: str
    comment: str
    schema: StructType
    keys: tuple[str, ...]
    statistics: tuple[str, ...]

    def path(self, lake: str) -> str:
        """Where the table lies.

        >>> Table("silver.posts", "", StructType(), (), ()).path("s3a://bucket/lake")
        's3a://bucket/lake/silver/posts'
        """
        return f"{lake}/{self.name.replace('.', '/')}"

    @property
    def columns(self) -> list[str]:
        """The columns' names, in the table's order."""
        return self.schema.names
