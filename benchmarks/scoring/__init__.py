"""Margins, explanations and reasons of generated rows, by Limner and by others."""
