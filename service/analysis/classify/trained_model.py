"""The trained model: what was learnt from an organisation's own decided tickets, and its form on disk."""

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
LEAST_TICKETS = 20
MOST_SOURCE_SHARE = 0.58
_ARRAYS = ("idf", "weights", "rule_weights", "intercepts")
_NUMBERS = ("slope", "offset", "base")


@dataclass(frozen=True, slots=True)
class Rate:
    """A base rate: of `n` decided tickets, `reactive` were reactive."""

    reactive: int
    n: int

    @property
    def share(self) -> float:
        """The expected share among the next ones, by Laplace's rule of succession."""
        return (self.reactive + 1) / (self.n + 2)


@dataclass(frozen=True, slots=True)
class TrainedModel:
    """Base rates by (source, source_kind), a text model if one could be trained, and its quality.

    `why_no_model` says what was missing. The same decided tickets give the same `version`.
    """

    rates: Mapping[tuple[str, str], Rate]
    text_model: TextModel | None
    quality: Quality | None
    why_no_model: str | None

    @property
    def version(self) -> str:
        """Eight hexadecimal digits that name all that was learnt."""
        head, arrays = self._parts()
        content = b"".join([head, *(array.tobytes() for array in arrays.values())])
        return blake2b(content, digest_size=4).hexdigest()

    def base(self, source: str, source_kind: str) -> tuple[float, str] | None:
        """Return the usual log-odds of reactive for a kind of a source, with the name of the rate; None if unknown."""
        kind_rate = self.rates.get((source, source_kind))
        if kind_rate and kind_rate.n >= LEAST_TICKETS:
            return log_odds(kind_rate.share), f"base rate: {source_kind} in {source}"
        source_rate = self._source_rate(source)
        if source_rate.n < LEAST_TICKETS:
            return None
        # The rate of the whole source is capped near one half: this kind of work may be of another nature, so the
        # ticket should land on the review list rather than be decided.
        share = min(max(source_rate.share, 1 - MOST_SOURCE_SHARE), MOST_SOURCE_SHARE)
        return log_odds(share), f"base rate: {source}"

    def to_bytes(self) -> bytes:
        """Return NumPy's npz form: arrays and JSON. The same model gives the same bytes."""
        head, arrays = self._parts()
        buffer = io.BytesIO()
        # No pickle: nothing in a stored model can be executed when it is read back.
        np.savez_compressed(buffer, allow_pickle=False, head=np.frombuffer(head, dtype=np.uint8), **arrays)
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes) -> "TrainedModel":
        """Return the model that `to_bytes` wrote. Raises ValueError for another format version."""
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            head = json.loads(archive["head"].tobytes())
            if head["format"] != FORMAT:
                raise ValueError(f"format {head['format']} of a trained model is unknown; run `treadmill learn`")
            arrays = {name: archive[name] for name in _ARRAYS if name in archive}
        terms = {term: position for position, term in enumerate(head.get("terms", ()))}
        return cls(
            rates={(source, kind): Rate(reactive, n) for source, kind, reactive, n in head["rates"]},
            text_model=TextModel(terms=terms, **arrays, **head["model"]) if arrays else None,
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
        if self.text_model:
            head |= {
                "model": {name: getattr(self.text_model, name) for name in _NUMBERS},
                "terms": list(self.text_model.terms),
            }
            arrays = {name: getattr(self.text_model, name) for name in _ARRAYS}
        return json.dumps(head, ensure_ascii=False, separators=(",", ":")).encode(), arrays

    def _source_rate(self, source: str) -> Rate:
        rates = [rate for (name, _), rate in self.rates.items() if name == source]
        return Rate(sum(rate.reactive for rate in rates), sum(rate.n for rate in rates))


def _quality(values: dict[str, Any]) -> Quality:
    return Quality(**{**values, "bins": tuple(Bin(**bin_) for bin_ in values["bins"])})
