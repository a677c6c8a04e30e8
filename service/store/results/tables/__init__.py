"""The tables of the analysis.

No foreign key leads to the tables of tickets: a report as of another moment is computed into a temporary database that
has none.
"""

from service.store.results.tables.facts import MAJOR, ActiveSpanRow, FactLinkRow, FactRow
from service.store.results.tables.families import EpisodeRow, FamilyRow, FamilyWeekRow, FixRow
from service.store.results.tables.feedback import AuditAnswerRow, CorrectionRow, LabelRow, TrainedModelRow
from service.store.results.tables.shapes import CertainKeyRow, LookupKeyRow, ShapeKeyRow, ShapeRow, TitleLabelRow
from service.store.results.tables.sums import CellRow, ForecastRow, RecallRow, ReportPartRow, ScopeRow

__all__ = [
    "MAJOR",
    "ActiveSpanRow",
    "AuditAnswerRow",
    "CellRow",
    "CertainKeyRow",
    "CorrectionRow",
    "EpisodeRow",
    "FactLinkRow",
    "FactRow",
    "FamilyRow",
    "FamilyWeekRow",
    "FixRow",
    "ForecastRow",
    "LabelRow",
    "LookupKeyRow",
    "RecallRow",
    "ReportPartRow",
    "ScopeRow",
    "ShapeKeyRow",
    "ShapeRow",
    "TitleLabelRow",
    "TrainedModelRow",
]
