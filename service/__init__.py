"""Treadmill's service: tickets in, verdict out."""

# Written here, and read by the build: to ask the installed metadata would cost every command a tenth of its start.
__version__ = "0.1.0"
