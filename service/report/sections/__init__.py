"""Sections of the report: typed, and the same in JSON, templates, the cache and the API."""
