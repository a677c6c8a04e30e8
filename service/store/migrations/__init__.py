"""Bringing the database up to date. `script.py.mako` is what a new migration is made from."""
