"""The lake's tables in a DuckDB file: the same rows, in a shape that answers any filter in a fraction of a second."""
