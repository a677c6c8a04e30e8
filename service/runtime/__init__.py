"""Wiring, the running service, the worker and the demo."""
