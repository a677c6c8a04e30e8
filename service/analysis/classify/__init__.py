"""Reactive or proactive, and why."""

from service.analysis.classify.classifier import Classifier
from service.analysis.classify.decision import REVIEW_BELOW, Decision, Override
from service.analysis.classify.experience import Experience
from service.analysis.classify.learning import learn
from service.analysis.classify.natures import NATURE
from service.analysis.classify.parsing import RulesError, parse
from service.analysis.classify.quality import Quality
from service.analysis.classify.reading import Case
from service.analysis.classify.rules import Rules
from service.analysis.classify.sample import Example
from service.analysis.fact import Nature, WorkClass

__all__ = [
    "NATURE", "REVIEW_BELOW", "Case", "Classifier", "Decision", "Example", "Experience", "Nature", "Override",
    "Quality", "Rules", "RulesError", "WorkClass", "learn", "parse",
]  # fmt: skip
