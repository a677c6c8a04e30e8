"""Reports that are made once for each analysis and read many times."""

from collections import OrderedDict
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from treadmill import __version__
from treadmill.service.analyst import Analyst
from treadmill.service.report.look import Look
from treadmill.service.report.parts import Part, parts
from treadmill.service.store import kept
from treadmill.service.store.scopes import Scope

FORM = 2
"""Another form of the parts: what was kept in the one before is made anew."""
IN_MEMORY = 64


@dataclass(slots=True)
class Reporter:
    """Gives the parts of the newest report on a scope: out of memory, else out of the database, else made now."""

    analyst: Analyst
    _memory: OrderedDict[tuple[str, str], tuple[str, Part]] = field(default_factory=OrderedDict)
    _making: Lock = field(default_factory=Lock)

    def part(self, scope: Scope, name: str) -> Part | None:
        """One part of the report on a scope; see `parts` for their names.

        While everything is analysed anew, that of the analysis before. None where nothing was ever analysed.
        """
        look = self.analyst.stored_look(scope)
        stamp = self._stamp(look) if look else None
        remembered = self._memory.get((str(scope), name))
        if remembered is not None and stamp in (None, remembered[0]):
            return remembered[1]
        found: Part | None = self._kept(scope, name, stamp)
        if found is None and look is not None and stamp is not None:
            found = self._made(look, stamp)[name]
        if found is not None:
            self._remember(scope, name, stamp or "", found)
        return found

    def prepare(self, scope: Scope) -> None:
        """Makes the report on a scope where it is not kept yet, so that the first who asks need not wait."""
        self.part(scope, "overview")

    def _kept(self, scope: Scope, name: str, stamp: str | None) -> Any:
        with self.analyst.database.read() as connection:
            return kept.read(connection, str(scope), name, stamp)

    def _made(self, look: Look, stamp: str) -> dict[str, Part]:
        """Made by one at a time: several who ask for the same would make it several times."""
        with self._making:
            if (found := self._kept(look.scope, "overview", stamp)) is not None:
                names = ("report", "cycles", "groups", "loops")
                return {"overview": found} | {name: self._kept(look.scope, name, stamp) for name in names}
            fresh = parts(look)
            kept.write(self.analyst.database, str(look.scope), stamp, fresh)
            return fresh

    def _remember(self, scope: Scope, name: str, stamp: str, part: Part) -> None:
        self._memory[str(scope), name] = stamp, part
        self._memory.move_to_end((str(scope), name))
        while len(self._memory) > IN_MEMORY:
            self._memory.popitem(last=False)

    def _stamp(self, look: Look) -> str:
        """The analysis that a look shows, and what else decides what is said of it."""
        money = f"{look.money.hourly_rate} {look.money.currency}" if look.money else ""
        return f"{FORM}/{__version__}/{look.number}/{look.frame.as_of.isoformat()}/{money}"
