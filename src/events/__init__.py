"""From sources to the canonical event log."""
