"""Gold: what a reader asks for, by hour."""
