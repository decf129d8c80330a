"""Limner beside its rivals; see README.md."""
