"""Whatever a payload says, a record becomes one row, with a reason or with a post's columns; nothing is raised."""

import copy
import json
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kafka_rows import x_archive, x_v2
from sources.parsing import read
from starling.arrow import Columns
from starling.settings import Settings
from starling.silver import posts
from starling.sources import parse
from starling.sources.parse import Parsed

KEY = b"a key for these tests"
MESSAGE = x_v2(
    entities={"hashtags": [{"tag": "a"}], "mentions": [{"username": "b"}], "urls": [{"expanded_url": "https://c.org"}]},
    referenced_tweets=[{"type": "retweeted", "id": "9"}],
) | {"includes": {"users": [{"id": "7", "public_metrics": {"followers_count": 5}}], "tweets": [{"id": "9"}]}}
DELETION = {"data": {"delete": {"tweet": {"id": "5"}, "event_at": "2021-05-31T15:18:15.250Z"}}}
GOOD = [("x-v2", MESSAGE), ("x-v2", x_v2()), ("x-v2", DELETION), ("x-archive", x_archive())]

_texts = st.text(st.characters(codec=None), max_size=20)  # halves of surrogate pairs among them
_numbers = st.integers(-(2**70), 2**70) | st.floats()
_values = st.recursive(
    st.none() | st.booleans() | _numbers | _texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_texts, inner, max_size=3),
    max_leaves=5,
)


def _places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths of all values in a document, its own first."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [at, *(place for key, one in inner for place in _places(one, (*at, key)))]


def _with(document: Any, place: tuple[Any, ...], value: Any) -> Any:
    if not place:
        return value
    changed = copy.deepcopy(document)
    holder = changed
    for key in place[:-1]:
        holder = holder[key]
    holder[place[-1]] = value
    return changed


@st.composite
def _payloads(draw: st.DrawFn) -> tuple[str, bytes]:
    """A source, and a good document of it in which one value is another."""
    source, document = draw(st.sampled_from(GOOD))
    place = draw(st.sampled_from(_places(document)))
    return source, json.dumps(_with(document, place, draw(_values))).encode()


def _columns(one: Parsed) -> Columns:
    return [*parse.columns([one]), *posts.described([one], Settings(), KEY)]


@given(_payloads())
def test_a_value_of_any_kind_in_any_place_is_a_record_or_has_a_reason(payload: tuple[str, bytes]) -> None:
    found = read(*payload)
    assert (found.reason is None) == (found.detail is None)
    columns = _columns(found)
    assert {len(column) for column in columns} == {1}
    row = dict(zip([*parse.COLUMNS.names, *posts.DESCRIPTION.names], columns, strict=True))
    is_post = found.reason is None and found.record.kind == "post"
    assert row["text"].to_pylist() == [found.record.text if is_post else None]
    needed = [name for name in posts.DESCRIPTION.names if not posts.TABLE.schema[name].nullable]
    assert {row[name].null_count for name in needed} == {0 if is_post else 1}


@given(st.binary(max_size=200), st.sampled_from(["x-v2", "x-archive"]))
def test_bytes_of_any_kind_have_a_reason(payload: bytes, source: str) -> None:
    found = read(source, payload.decode(errors="replace").encode())
    assert found.reason in ("empty", "invalid_json", "wrong_type", "unknown_record")
    assert {column.null_count for column in posts.described([found], Settings(), KEY)} == {1}


@pytest.mark.parametrize("records", [[], [read("x-v2", b"{}")]])
def test_no_post_at_all_has_columns_of_the_right_types(records: list[Parsed]) -> None:
    columns = [*parse.columns(records), *posts.described(records, Settings(), KEY)]
    assert {len(column) for column in columns} == {len(records)}
    assert pa.types.is_list(
        dict(zip([*parse.COLUMNS.names, *posts.DESCRIPTION.names], columns, strict=True))["urls"].type
    )
