"""Values out of JSON that may be anything: null where they are not what is wanted, never an error. Column → Column."""

from collections.abc import Sequence

from pyspark.sql import Column
from pyspark.sql import functions as F


def kind(json: Column, path: str = "$") -> Column:
    """string: the type at the path: OBJECT<…>, ARRAY<…>, STRING, BIGINT, BOOLEAN, VOID …; null where there is none."""
    return F.schema_of_variant(F.try_variant_get(json, path, "variant"))


def string(json: Column) -> Column:
    """The value, if it is a string and not merely something that has a spelling."""
    return F.when(kind(json) == "STRING", F.try_variant_get(json, "$", "string"))


def array(json: Column, element: str) -> Column:
    """The value as array<element>; empty for the {} that R writes for an empty list; null for anything else."""
    empty = F.when(kind(json) == "OBJECT<>", F.array().cast(f"array<{element}>"))
    return F.coalesce(F.try_variant_get(json, "$", f"array<{element}>"), empty)


def misfit(json: Column, value: Column, path: str) -> Column:
    """string: the path, where there is something that could not be read as the wanted value; else null."""
    return F.when(json.isNotNull() & value.isNull() & (kind(json) != "VOID"), path)


def mismatch(json: Column, path: str, wanted: Sequence[str]) -> Column:
    """string: "PATH: wanted …, got …" where the type at the path begins with none of `wanted`; else null."""
    got = kind(json, path)
    fits = F.lit(False)
    for beginning in (*wanted, "VOID"):
        fits = fits | got.startswith(beginning)
    message = F.concat(F.lit(f"{path}: wanted {wanted[0]}, got "), F.substring(got, 1, 60))
    return F.when(~fits, message)  # a missing path has no type, and null is not False
