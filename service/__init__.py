"""Treadmill's service: tickets in, verdict out."""

from importlib.metadata import version

__version__ = version("treadmill")
