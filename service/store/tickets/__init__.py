"""Pulled tickets: their tables, and how they are written and read."""
