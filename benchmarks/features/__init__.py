"""Features of a generated log, by Limner and by others."""
