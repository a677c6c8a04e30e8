"""Queries that pages, reports and exports ask of the store."""
