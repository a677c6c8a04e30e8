"""What can go wrong with a source, named by what is to be done about it.

ConnectorError
├── Transient            ask again: the same request may go through
│   ├── Truncated        ask again for less: the answer was cut
│   └── NotJson          ask again: a page for people came instead of data
├── Unavailable          end this run, the schedule tries again
├── BudgetSpent          end this run, the next goes on from its checkpoint
├── BrokenAnswer         end this run: the system contradicts its own contract
└── NeedsOperator        nobody but the operator can mend it
    ├── WrongCredentials
    ├── MissingPermission
    ├── NotFound
    └── WrongSettings
"""


class ConnectorError(Exception):
    """Base of all; `str()` says what is wrong and where, `remedy` what to do. Neither holds a secret."""

    remedy = ""

    def __init__(self, message: str, remedy: str | None = None) -> None:
        super().__init__(message)
        if remedy is not None:
            self.remedy = remedy


class Transient(ConnectorError):
    """The request failed in a way that passes; `retry_after` is in seconds where the system named it."""

    remedy = "Nothing to do: it is asked again."

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Truncated(Transient):
    """The answer was cut by the system, although it said 200."""


class NotJson(Transient):
    """A page for people came with status 200: a login page, a proxy's, or that of a sleeping instance."""


class Unavailable(ConnectorError):
    remedy = (
        "What was read is kept; the next run goes on. See whether its URL is right and it can be reached from here."
    )


class BudgetSpent(ConnectorError):
    remedy = "What was read is kept; the next run goes on. Raise REQUEST_BUDGET to read more in one run."


class BrokenAnswer(ConnectorError):
    remedy = "What was read is kept. If it stays, report it with the log of this run."


class NeedsOperator(ConnectorError):
    pass


class WrongCredentials(NeedsOperator):
    remedy = "Check user and token, and whether the token has expired."


class MissingPermission(NeedsOperator):
    remedy = "Grant the account the right to read this."


class NotFound(NeedsOperator):
    remedy = "Check the URL, and whether the account may see it."


class WrongSettings(NeedsOperator):
    remedy = "Correct the setting."
