"""The files that a pull has to read, and those that it has read."""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from connectors.file.settings import FileSettings
from connectors.model import Checkpoint

Stamp = dict[str, int]
"""Size in bytes and time of the last change in nanoseconds; a file with another stamp has changed.

In the checkpoint with the number of its tickets.
"""


class Progress:
    """The files of a source and its checkpoint: `{"settings": ..., "files": {path: stamp}}`.

    A file is in the checkpoint once it was read to its end with the current settings.
    """

    def __init__(self, files: Sequence[Path], checkpoint: Checkpoint | None, settings: FileSettings) -> None:
        self._files = files
        self._events = settings.form_of_lines != "snapshot"
        self._settings = settings.fingerprint()
        same = checkpoint is not None and checkpoint.get("settings") == self._settings
        self._stored: dict[str, Stamp] = dict(checkpoint["files"]) if checkpoint is not None and same else {}
        self._stamps: dict[Path, Stamp | None] = {}
        self._done: dict[str, Stamp] = {}

    def compare(self) -> None:
        """Compare the files with the checkpoint: those that are unchanged are done."""
        # The stamps are taken before the files are read: a change meanwhile is seen by the next pull.
        self._stamps = {path: _stamp(path) for path in self._files}
        stored = {str(path): self._stored.get(str(path), {}) for path in self._files}
        unchanged = {
            str(path): stored[str(path)]
            for path, at in self._stamps.items()
            if at and at.items() <= stored[str(path)].items()
        }
        same = len(unchanged) == len(self._files) == len(self._stored)
        self._done = unchanged if same or not self._events else {}

    def pending(self) -> list[list[Path]]:
        """Return the files to read, in lists that are read together."""
        changed = [[path] for path in self._files if str(path) not in self._done]
        # The lines of one ticket may be spread over the files of an event log: all of them make its history.
        return [list(self._files)] if self._events and changed else changed

    def finish(self, files: Sequence[Path], bad: Collection[str], tickets: int) -> None:
        """Mark these files, with their number of tickets, as read, except bad ones, which the next pull tries again."""
        for path in files:
            stamp = self._stamps[path]
            if stamp is not None and str(path) not in bad:
                # The files of a log have their tickets in common: the first one counts them.
                self._done[str(path)] = stamp | {"tickets": tickets if path == files[0] else 0}

    def count(self) -> int | None:
        """Return the number of tickets in all files, one in several files counted in each; None while one is unread."""
        counts = [self._done.get(str(path), {}).get("tickets") for path in self._files]
        return None if None in counts else sum(filter(None, counts))

    def checkpoint(self) -> dict[str, Any]:
        """Return the checkpoint by now."""
        return {"settings": self._settings, "files": dict(self._done)}


def _stamp(path: Path) -> Stamp | None:
    try:
        status = path.stat()
    except OSError:
        return None  # reading the file reports the error
    return {"size": status.st_size, "mtime_ns": status.st_mtime_ns}
