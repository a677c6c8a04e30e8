"""The command line, a function for each command."""

from service.cli.exit_codes import DEBUG, FAILED, PARTLY, WRONG_USE
from service.cli.root import cli, main

__all__ = ["DEBUG", "FAILED", "PARTLY", "WRONG_USE", "cli", "main"]
