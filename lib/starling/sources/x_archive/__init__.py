"""Flat archive rows of X posts: one object a post, `status_id`, `favorite_count` …, as R's rtweet writes them."""
