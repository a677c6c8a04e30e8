"""Kinds by the numbers of tickets: those of ServiceNow and of Remedy begin with the kind."""

import re

from connectors.model import Kind

KINDS: dict[str, Kind] = {
    "INC": "incident", "PRB": "problem", "PBI": "problem", "CHG": "change", "CRQ": "change", "REQ": "request",
    "RITM": "request", "SCTASK": "task", "CTASK": "task", "PTASK": "task",
}  # fmt: skip
# A key with a hyphen is one of Jira, which begins with a project.
_NUMBER = re.compile(rf"({'|'.join(KINDS)})\d{{4,}}")


def kind_of_number(number: str) -> Kind:
    """Return the kind of a ticket by its number; `other` where this does not tell it."""
    match = _NUMBER.fullmatch(number)
    return KINDS[match[1]] if match else "other"
