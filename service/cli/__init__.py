"""The command line: one command a function."""

from service.cli.exit_codes import DEBUG, FAILED, PARTLY, WRONG_USE
from service.cli.root import cli, main

__all__ = ["DEBUG", "FAILED", "PARTLY", "WRONG_USE", "cli", "main"]
