"""Reports: what a person reads and looks at, made from the tables and the runs."""
