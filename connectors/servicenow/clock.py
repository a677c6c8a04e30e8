"""The clock of the account, told by how the instance writes an instant for it."""

from datetime import datetime, timedelta

from connectors.servicenow.query import FORMAT

FARTHEST = timedelta(hours=14)


def offset(value: str, shown: str) -> str | None:
    """How far the clock that shows a database value so is ahead of UTC, as `UTC+02:00`.

    None where the account's own format of dates is not that of the database.
    """
    try:
        ahead = datetime.strptime(shown, FORMAT) - datetime.strptime(value, FORMAT)  # noqa: DTZ007 - compared only
    except ValueError:
        return None
    if abs(ahead) > FARTHEST:
        return None
    hours, minutes = divmod(abs(ahead) // timedelta(minutes=1), 60)
    return f"UTC{'-' if ahead < timedelta(0) else '+'}{hours:02}:{minutes:02}"
