"""Tickets from files: exports, archives and event logs, as JSON lines or CSV."""

from treadmill.connectors.file.connector import FileConnector

__all__ = ["FileConnector"]
