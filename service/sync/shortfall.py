"""Shortfalls: runs and sources of which less than half could be taken, which are failures however they ended."""

from service.store.tickets.sources import SourceState

# A pull of changes may read a handful, and these may all be odd: a source that is read from the start cannot.
FEW = 10


class MostlyRefused(Exception):
    """Less than half of the records could be taken; `str()` gives the numbers."""

    remedy = "The refused records say why. Correct the settings, the rights of the account, or the source."

    def __init__(self, message: str, remedy: str | None = None) -> None:
        super().__init__(message)
        if remedy is not None:
            self.remedy = remedy


def check_run(taken: int, refused: int, *, from_start: bool) -> None:
    """Raise MostlyRefused where a run could take less than half of the records that it read."""
    if refused > taken and (from_start or refused >= FEW):
        raise MostlyRefused(f"only {taken:,} of {taken + refused:,} records could be taken")


def check_source(state: SourceState) -> None:
    """Raise MostlyRefused where less than half of a source is stored, whatever its last run has read."""
    refused = sum(gap.count for gap in state.gaps if gap.cause == "refused")
    if not state.tickets and any(gap.count for gap in state.gaps):
        raise MostlyRefused("the source has tickets, and none is stored", state.gaps[0].text)
    if refused > state.tickets:
        raise MostlyRefused(f"only {state.tickets:,} of {state.tickets + refused:,} tickets could be taken")
