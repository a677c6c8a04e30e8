"""Classification of tickets: reactive or proactive, in one of seven work classes."""

from service.analysis.classify.classifier import Classifier
from service.analysis.classify.decision import Decision, Override
from service.analysis.classify.natures import NATURE
from service.analysis.classify.quality import Quality
from service.analysis.classify.rules import Rules
from service.analysis.classify.rules_file import RulesError, parse_rules
from service.analysis.classify.sample import Example
from service.analysis.classify.signals import Case
from service.analysis.classify.trained_model import TrainedModel
from service.analysis.classify.training import train
from service.analysis.fact import Nature, WorkClass

__all__ = [
    "NATURE", "Case", "Classifier", "Decision", "Example", "Nature", "Override",
    "Quality", "Rules", "RulesError", "TrainedModel", "WorkClass", "parse_rules", "train",
]  # fmt: skip
