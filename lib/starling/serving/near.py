"""Posts that say nearly the same as a text, found among millions.

MinHash with bands (Broder 1997, On the resemblance and containment of documents; Leskovec, Rajaraman & Ullman, Mining
of Massive Datasets, 3.4): of each text's set of words eight random least ones are kept, two and two as one number. Two
texts that share the part s of all their words share one of the four numbers with probability 1 - (1 - s²)⁴: 0.98 at
s = 0.8, 0.68 at 0.5. Those that do are then compared word by word.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import duckdb

BANDS = 4
# Of their words, what two texts share at least to be called near.
LEAST = 0.5
_MOST_COMPARED = 500
# A text's set of words, `folded` being the text in lower case: without links, two characters at least, with # or @
# where it has one.
WORDS = (
    r"list_distinct(list_filter(regexp_split_to_array(regexp_replace(folded, 'https?://\S+', ' ', 'g'), "
    r"'[^\p{L}\p{M}\p{N}#@_]+'), lambda word: length(word) > 1))"
)


def band(number: int) -> str:
    """SQL of one of the BANDS, over the `words` of a row; null where there are none."""
    least = [f"list_min(list_transform(words, lambda word: hash(word, {2 * number + each})))" for each in (0, 1)]
    return f"(CASE WHEN len(words) > 0 THEN hash({least[0]}, {least[1]}) & 4294967295 END)::UINTEGER"


_BANDS = [f"near{number}" for number in range(BANDS)]
_ASKED = f"""
WITH asked AS (SELECT words, {", ".join(f"{band(n)} AS {name}" for n, name in enumerate(_BANDS))}
               FROM (SELECT {WORDS} AS words FROM (SELECT lower($text) AS folded)))
SELECT words, {", ".join(_BANDS)} FROM asked
"""  # noqa: S608 -- our own words
# The likeliest first: one more than are compared, by which it shows that there are others.
_CANDIDATES = f"""
SELECT rowid FROM posts WHERE {" OR ".join(f"{name} = ${name}" for name in _BANDS)}
ORDER BY {" + ".join(f"({name} = ${name})::TINYINT" for name in _BANDS)} DESC, created_at DESC
LIMIT {_MOST_COMPARED + 1}
"""  # noqa: S608 -- our own words
# By their rows' numbers, and by `folded`, which lies there unpacked: of packed columns hundreds of rows here and there
# are as many blocks to be unpacked. So the texts themselves are read of the nearest alone.
_NEAR = f"""
WITH chosen AS MATERIALIZED (
    SELECT rowid AS row, created_at, author, folded FROM posts WHERE rowid IN (SELECT unnest($rows::BIGINT[]))
), compared AS (
    SELECT row, created_at, author,
           len(list_intersect(words, $words)) / len(list_distinct(list_concat(words, $words))) AS similarity
    FROM (SELECT *, {WORDS} AS words FROM chosen)
), nearest AS MATERIALIZED (
    SELECT row, similarity, count(*) OVER () AS found, count(DISTINCT author) OVER () AS authors
    FROM compared WHERE similarity >= {LEAST} ORDER BY similarity DESC, created_at DESC LIMIT $most
)
SELECT platform, post_id, created_at, text, similarity, found, authors
FROM posts JOIN nearest ON posts.rowid = nearest.row ORDER BY similarity DESC, created_at DESC
"""  # noqa: S608 -- our own words


@dataclass(frozen=True)
class Near:
    """A post that is near: what both share of all words that either has, LEAST to 1."""

    platform: str
    post_id: str
    created_at: datetime
    text: str
    similarity: float


@dataclass(frozen=True)
class Neighbours:
    """How many posts are near, of how many authors, and the nearest of them.

    `more` says that candidates were left out, so that there may be more.
    """

    posts: int = 0
    authors: int = 0
    nearest: Sequence[Near] = ()
    more: bool = False


def near(cursor: duckdb.DuckDBPyConnection, text: str, most: int = 5) -> Neighbours:
    """The posts whose words are nearly those of the text.

    Of more than 500 candidates those are compared that share most of the four numbers, of as many the newest.
    """
    ((words, *bands),) = cursor.execute(_ASKED, {"text": text}).fetchall()
    candidates = cursor.execute(_CANDIDATES, dict(zip(_BANDS, bands, strict=True))).fetchall() if words else []
    if not candidates:
        return Neighbours()
    known = {"words": words, "rows": [row for (row,) in candidates[:_MOST_COMPARED]], "most": most}
    rows = cursor.execute(_NEAR, known).fetchall()
    if not rows:
        return Neighbours()
    return Neighbours(rows[0][5], rows[0][6], [Near(*row[:5]) for row in rows], len(candidates) > _MOST_COMPARED)
