"""Bronze: what Kafka delivered, as it was delivered."""
