"""Training: models fitted on the tables as they stand, tracked, registered, and put through the gate."""
