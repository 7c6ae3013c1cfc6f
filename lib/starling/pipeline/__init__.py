"""The stream: from Kafka through bronze and silver to gold, one micro-batch after the other."""
