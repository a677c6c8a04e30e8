"""Rendering of pages: templates, listings, drill-down, errors."""
