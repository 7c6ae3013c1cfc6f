"""The topics that the hashtag model's champion knows."""

import duckdb

# The version that scored last is the one whose numbers posts carry.
_NEWEST = "(SELECT max(topics_version) FROM scores)"


def labels(cursor: duckdb.DuckDBPyConnection) -> dict[int, str]:
    """By number, the label of each topic of the version that scores posts."""
    asked = f"SELECT topic, label FROM topics WHERE model_version = {_NEWEST} ORDER BY topic"  # noqa: S608
    return dict(cursor.execute(asked).fetchall())
