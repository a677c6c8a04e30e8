"""The command line: one command a function."""

from treadmill.service.cli.ending import DEBUG, FAILED, PARTLY, WRONG_USE
from treadmill.service.cli.root import cli, main

__all__ = ["DEBUG", "FAILED", "PARTLY", "WRONG_USE", "cli", "main"]
