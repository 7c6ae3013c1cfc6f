"""Silver: one meaning a row: posts, observations of their engagement, deletions, and what was rejected."""
