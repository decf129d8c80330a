"""How quickly pages come, with many users in the store."""
