"""Errors of a source, named by what the caller does about them.

ConnectorError
├── Transient            retry: the same request may succeed
│   ├── Truncated        retry, then ask for less: the system cut the answer short
│   ├── NotJson          retry: a web page came instead of data
│   │   └── Redirected   retry: the answer is at another address, most often that of a login
│   └── Undecodable      retry: the body is not packed as its header says
├── TooLarge             end this run, or ask for less: the answer exceeds the limit
├── Unavailable          end this run; the next scheduled run tries again
│   └── NothingRead      the same, after all else was read: a part of the source yields nothing
├── BudgetSpent          end this run; the next one resumes at its checkpoint
│   └── TimeSpent        the same, for time instead of requests
├── BrokenAnswer         end this run: the system breaks its own contract
└── NeedsOperator        only the operator can fix it
    ├── WrongCredentials
    ├── MissingPermission
    ├── NotFound
    └── WrongSettings
"""


class ConnectorError(Exception):
    """Base class; `str()` says what is wrong and where, `remedy` what to do. Neither contains a secret."""

    remedy = ""

    def __init__(self, message: str, remedy: str | None = None) -> None:
        super().__init__(message)
        if remedy is not None:
            self.remedy = remedy


class Transient(ConnectorError):
    """A failure that passes; `retry_after` is the delay in seconds that the system asked for, if any."""

    # It is read where the retries are used up: the log of each retry names none.
    remedy = (
        "Check that URL is the address of the system and that no proxy alters its answers. Whatever a run has read is "
        "kept; the next run asks again."
    )

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Truncated(Transient):
    """An answer with status 200 that the system cut short."""


class NotJson(Transient):
    """A web page with status 200: that of a login, a proxy or a hibernating instance."""


class Redirected(NotJson):
    """A redirect, which is not followed: it would take the credentials to another address."""

    remedy = "Set URL to an address that answers without a redirect. A login page means that single sign-on intercepts."


class Undecodable(Transient):
    """A body that is not packed as its header says."""


class TooLarge(ConnectorError):
    remedy = "Everything read so far is kept. If the system is to send answers of this size, raise ANSWER_LIMIT."


class Unavailable(ConnectorError):
    remedy = "Check URL, and that this machine can reach it. Whatever a run has read is kept; the next one goes on."


class NothingRead(Unavailable):
    """Files of which nothing could be taken."""

    remedy = (
        "The refused records say why. Correct or replace these files, or the settings that read them. What could be "
        "read of others is stored, and no ticket is marked as deleted."
    )


class BudgetSpent(ConnectorError):
    setting = "REQUEST_BUDGET"
    remedy = "Everything read so far is kept; the next run goes on. Raise REQUEST_BUDGET to read more in one run."


class TimeSpent(BudgetSpent):
    setting = "RUN_LIMIT"
    remedy = "Everything read so far is kept; the next run goes on. Raise RUN_LIMIT to read more in one run."


class BrokenAnswer(ConnectorError):
    remedy = (
        "Check that URL is the address of the system: a proxy or another system may answer there. If it is, report "
        "this with the log of the run. Whatever a run has read is kept."
    )


class NeedsOperator(ConnectorError):
    pass


class WrongCredentials(NeedsOperator):
    remedy = "Check the user and its token or password, and whether it has expired."


class MissingPermission(NeedsOperator):
    remedy = "Grant the account read access to it."


class NotFound(NeedsOperator):
    remedy = "Check URL, and whether the account may see it."


class WrongSettings(NeedsOperator):
    remedy = "Correct the setting."
