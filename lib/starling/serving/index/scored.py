"""What the champions said of a post, in the post's own row: joining ten million rows with theirs takes seconds.

A post that is indexed after its scores takes them along (`FOR_NEW_POSTS`); scores that come after their post, such as
all of a rescoring, are spread over the posts there are.
"""

import duckdb

from starling.serving.index.transactions import transaction

# Beside `staged`, whose posts were published from $first to $last.
FOR_NEW_POSTS = """
LEFT JOIN (
    SELECT DISTINCT ON (platform, post_id) platform, post_id, topic AS said_topic,
           predicted_engagement AS said_engagement, top_quarter_probability AS said_probability
    FROM scores WHERE created_at BETWEEN $first AND $last
) USING (platform, post_id)
"""
_SPREAD = """
UPDATE posts
SET topic = s.topic, predicted = s.predicted_engagement, top_quarter = s.top_quarter_probability
FROM scores s
WHERE posts.post_id = s.post_id AND posts.platform = s.platform AND s.file = $file
  AND posts.created_at BETWEEN $first AND $last
"""


class Scored:
    """Knows which scores have been spread over the posts that were there before them."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        connection.execute("CREATE TABLE IF NOT EXISTS spread AS SELECT 0 AS until")

    def spread(self) -> None:
        """Spreads the scores of each file that is new, one after the other."""
        asked = "SELECT DISTINCT file FROM scores WHERE file > (SELECT until FROM spread) ORDER BY file"
        for (file,) in self._connection.execute(asked).fetchall():
            times = "SELECT min(created_at), max(created_at) FROM scores WHERE file = ?"
            ((first, last),) = self._connection.execute(times, [file]).fetchall()
            with transaction(self._connection):
                self._connection.execute(_SPREAD, {"file": file, "first": first, "last": last})
                self._connection.execute("UPDATE spread SET until = ?", [file])
