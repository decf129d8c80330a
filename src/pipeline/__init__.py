"""The use cases: ingest, train, score, publish."""
