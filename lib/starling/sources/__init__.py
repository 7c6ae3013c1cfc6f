"""The sources of posts: how each is collected, and how its payload becomes columns."""
