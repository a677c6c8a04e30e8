"""Which files a pull has to read, and which it has read."""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from connectors.file.settings import FileSettings
from connectors.model import Checkpoint

Stamp = dict[str, int]
"""Size in bytes and time of the last change in nanoseconds, by which a changed file is told."""


class Progress:
    """The files of a source beside its checkpoint: `{"settings": ..., "files": {path: stamp}}`.

    A file is in the checkpoint once it was read to its end with the settings that hold now.
    """

    def __init__(self, files: Sequence[Path], checkpoint: Checkpoint | None, settings: FileSettings) -> None:
        self._files = files
        self._events = settings.events
        self._settings = settings.fingerprint()
        same = checkpoint is not None and checkpoint.get("settings") == self._settings
        self._known: dict[str, Stamp] = dict(checkpoint["files"]) if checkpoint is not None and same else {}
        self._stamps: dict[Path, Stamp | None] = {}
        self._done: dict[str, Stamp] = {}

    def look(self) -> None:
        """Compares the files with the checkpoint: what is unchanged is done."""
        self._stamps = {path: _stamp(path) for path in self._files}
        unchanged = {str(path): at for path, at in self._stamps.items() if at and self._known.get(str(path)) == at}
        same = len(unchanged) == len(self._files) == len(self._known)
        self._done = unchanged if same or not self._events else {}

    def due(self) -> list[list[Path]]:
        """The files to read, each list at a time: the files of an event log are one."""
        changed = [[path] for path in self._files if str(path) not in self._done]
        return [list(self._files)] if self._events and changed else changed

    def finish(self, files: Sequence[Path], damaged: Collection[str]) -> None:
        """These files have been read, the damaged ones not to their end."""
        for path in files:
            stamp = self._stamps[path]
            if stamp is not None and str(path) not in damaged:
                self._done[str(path)] = stamp

    def checkpoint(self) -> dict[str, Any]:
        """The checkpoint by now."""
        return {"settings": self._settings, "files": dict(self._done)}


def _stamp(path: Path) -> Stamp | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return {"size": status.st_size, "mtime_ns": status.st_mtime_ns}
