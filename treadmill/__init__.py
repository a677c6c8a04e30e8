"""Treadmill shows whether IT support is running in endless cycles."""

from importlib.metadata import version

__version__ = version("treadmill")
