"""What a table is, and that docs/tables.md says so."""

import re
from pathlib import Path
from typing import NamedTuple

import pytest
from pyspark.sql.types import IntegerType, StringType, StructField

from starling.gold import topic_lineage
from starling.pipeline.catalogue import TABLES
from starling.tables import Table, column

PAGE = (Path(__file__).parents[1] / "docs" / "tables.md").read_text()


class Described(NamedTuple):
    """A table as the page describes it."""

    sentence: str
    keys: list[str]
    columns: list[tuple[str, str, str, str]]


def _described() -> dict[str, Described]:
    """By name, in the page's order."""
    sections = re.split(r"^## ", PAGE, flags=re.MULTILINE)[1:]
    found = {}
    for section in sections:
        name, sentence, keys, *_ = (part for part in section.split("\n\n"))
        rows = re.findall(r"^\| `(.+?)` \| `(.+?)` \| (yes|no) \| (.+) \|$", section, re.MULTILINE)
        found[name] = Described(sentence, re.findall(r"`(\w+)`", keys), rows)
    return {name: described for name, described in found.items() if name != "Reasons"}


def test_the_page_describes_every_table_and_no_other_in_the_order_in_which_data_flows() -> None:
    assert list(_described()) == [table.name for table in TABLES]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_the_page_says_of_a_table_what_the_code_says(table: Table) -> None:
    described = _described()[table.name]
    assert described.sentence == f"{table.comment}."
    assert described.keys == list(table.keys)
    assert described.columns == [
        (field.name, field.dataType.simpleString(), "yes" if field.nullable else "no", field.metadata["comment"])
        for field in table.schema
    ]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_a_table_has_keys_that_are_never_null_and_statistics_on_no_text(table: Table) -> None:
    names = table.columns
    assert len(set(names)) == len(names)
    assert set(table.keys) | set(table.statistics) <= set(names)
    # A topic that was born has no previous one, and one that died no number.
    assert table == topic_lineage.TABLE or not any(table.schema[key].nullable for key in table.keys)
    assert not {"text", "payload", "raw", "detail", "key", "author", "hashtags"} & set(table.statistics)


def test_a_column_carries_its_meaning_and_may_be_null_unless_it_says_so() -> None:
    assert column("a", StringType(), "what a is") == StructField("a", StringType(), True, {"comment": "what a is"})
    assert column("b", IntegerType(), "what b is", nullable=False) == StructField(
        "b", IntegerType(), False, {"comment": "what b is"}
    )
