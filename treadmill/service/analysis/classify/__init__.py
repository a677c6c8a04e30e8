"""Reactive or proactive, and why."""

from treadmill.service.analysis.classify.classifier import Classifier
from treadmill.service.analysis.classify.decision import REVIEW_BELOW, Decision, Override
from treadmill.service.analysis.classify.experience import Experience
from treadmill.service.analysis.classify.learning import learn
from treadmill.service.analysis.classify.natures import NATURE
from treadmill.service.analysis.classify.parsing import RulesError, parse
from treadmill.service.analysis.classify.quality import Quality
from treadmill.service.analysis.classify.reading import Case
from treadmill.service.analysis.classify.rules import Rules
from treadmill.service.analysis.classify.sample import Example
from treadmill.service.analysis.fact import Nature, WorkClass

__all__ = [
    "NATURE", "REVIEW_BELOW", "Case", "Classifier", "Decision", "Example", "Experience", "Nature", "Override",
    "Quality", "Rules", "RulesError", "WorkClass", "learn", "parse",
]  # fmt: skip
