"""The upkeep of a lake: what adds up, what is taken out, what is put together."""
