"""What was learnt from an organisation's own decided tickets, and its form on disk."""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np

from service.analysis.classify.natures import log_odds
from service.analysis.classify.quality import Bin, Quality
from service.analysis.classify.text_model import TextModel

FORMAT = 1
LEAST_FOR_A_RATE = 20
MOST_OF_A_SOURCE = 0.58
_ARRAYS = ("idf", "weights", "rule_weights", "intercepts")
_NUMBERS = ("slope", "offset", "base")


@dataclass(frozen=True, slots=True)
class Rate:
    """Of `n` decided tickets so many were reactive."""

    reactive: int
    n: int

    @property
    def share(self) -> float:
        """The share that is to be expected of the next ones, by Laplace's rule of succession."""
        return (self.reactive + 1) / (self.n + 2)


@dataclass(frozen=True, slots=True)
class TrainedModel:
    """Base rates by (source, source_kind), a text model where one could be learnt, and how good it is.

    `why_no_model` says what was missing. The same decided tickets give the same `version`.
    """

    rates: Mapping[tuple[str, str], Rate]
    model: TextModel | None
    quality: Quality | None
    why_no_model: str | None

    @property
    def version(self) -> str:
        """Eight hexadecimal digits of all that was learnt."""
        head, arrays = self._parts()
        content = b"".join([head, *(array.tobytes() for array in arrays.values())])
        return blake2b(content, digest_size=4).hexdigest()

    def base(self, source: str, source_kind: str) -> tuple[float, str] | None:
        """The log-odds of reactive that are usual for this kind in this source, and whose rate it is.

        Of a kind with fewer than 20 decided tickets the source's rate speaks, too softly to decide: other kinds of
        work may be of another nature. None where nothing is known.
        """
        own = self.rates.get((source, source_kind))
        if own and own.n >= LEAST_FOR_A_RATE:
            return log_odds(own.share), f"base rate: {source_kind} in {source}"
        everything = self._of_source(source)
        if everything.n < LEAST_FOR_A_RATE:
            return None
        share = min(max(everything.share, 1 - MOST_OF_A_SOURCE), MOST_OF_A_SOURCE)
        return log_odds(share), f"base rate: {source}"

    def to_bytes(self) -> bytes:
        """Arrays and JSON in NumPy's npz form; nothing in it can be executed. Same experience, same bytes."""
        head, arrays = self._parts()
        buffer = io.BytesIO()
        np.savez_compressed(buffer, allow_pickle=False, head=np.frombuffer(head, dtype=np.uint8), **arrays)
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes) -> "TrainedModel":
        """The experience that `to_bytes` wrote. Raises ValueError for another form: learn anew."""
        with np.load(io.BytesIO(content), allow_pickle=False) as found:
            head = json.loads(found["head"].tobytes())
            if head["format"] != FORMAT:
                raise ValueError(f"form {head['format']} of learnt experience is unknown; learn it anew")
            arrays = {name: found[name] for name in _ARRAYS if name in found}
        terms = {term: place for place, term in enumerate(head.get("terms", ()))}
        return cls(
            rates={(source, kind): Rate(reactive, n) for source, kind, reactive, n in head["rates"]},
            model=TextModel(terms=terms, **arrays, **head["model"]) if arrays else None,
            quality=_quality(head["quality"]) if head["quality"] else None,
            why_no_model=head["why_no_model"],
        )

    def _parts(self) -> tuple[bytes, dict[str, Any]]:
        head: dict[str, Any] = {
            "format": FORMAT,
            "rates": [[*key, rate.reactive, rate.n] for key, rate in sorted(self.rates.items())],
            "quality": self.quality.as_dict() if self.quality else None,
            "why_no_model": self.why_no_model,
        }
        arrays: dict[str, Any] = {}
        if self.model:
            head |= {"model": {name: getattr(self.model, name) for name in _NUMBERS}, "terms": list(self.model.terms)}
            arrays = {name: getattr(self.model, name) for name in _ARRAYS}
        return json.dumps(head, ensure_ascii=False, separators=(",", ":")).encode(), arrays

    def _of_source(self, source: str) -> Rate:
        own = [rate for (name, _), rate in self.rates.items() if name == source]
        return Rate(sum(rate.reactive for rate in own), sum(rate.n for rate in own))


def _quality(told: dict[str, Any]) -> Quality:
    return Quality(**{**told, "bins": tuple(Bin(**one) for one in told["bins"])})
