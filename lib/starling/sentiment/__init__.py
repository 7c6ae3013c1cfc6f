"""VADER sentiment: scores of English texts as written, equal to the reference's."""
