"""Amounts: how much will come, instead of whether anything does."""
