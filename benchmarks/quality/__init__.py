"""Scores beside those of what people would use instead, on public data."""
