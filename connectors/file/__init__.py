"""Tickets from files: exports, archives and event logs, as JSON lines or CSV."""
