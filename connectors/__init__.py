"""Connectors to ticket systems, and the contract that each of them meets. Imports nothing else of Treadmill."""
