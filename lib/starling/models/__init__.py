"""Models: trained on silver, tracked and promoted in MLflow, applied to the stream."""
