"""What is wrong with a line or with a whole file."""


class BadLine(Exception):
    """One line, or what it holds, cannot be taken; `str()` is the reason. The others go on."""


class BadFile(Exception):
    """A file cannot be read, or not to its end; `place` says where it ends, `str()` why."""

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(reason)
        self.place = place
