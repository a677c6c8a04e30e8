"""Tickets from files: exports, archives and event logs, as JSON lines or CSV."""

from connectors.file.connector import FileConnector

__all__ = ["FileConnector"]
