"""Commands of the analysis and of the classifier."""

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from time import monotonic, process_time
from typing import Annotated

import typer

from service.analysis.classify import TrainedModel
from service.analysis.classify.evaluation import evaluate as evaluate_classifier
from service.analysis.classify.labelled_tickets import parse_labelled
from service.analysis.formatting import count, score
from service.cli import progress
from service.cli.analyst import open_analyst
from service.cli.configuration import load_configuration
from service.cli.options import AsJson, AsOf, end_of
from service.cli.output import print_json, print_text
from service.pipeline.analysis import AnalysisSummary
from service.runtime.configuration import Configuration
from service.store.queries.impossible import named_times


def analyse(
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Analyse all tickets again.")] = False,
    as_of: AsOf = "",
    as_json: AsJson = False,
) -> None:
    """Analyse what changed since the last analysis."""
    configuration = load_configuration()
    started, cpu_started = monotonic(), process_time()
    at = end_of(as_of, configuration.settings.zone)
    summary = analyse_changes(configuration, as_of=at, rebuild=rebuild, quiet=as_json)
    if as_json:
        durations = {"seconds": monotonic() - started, "cpu_seconds": process_time() - cpu_started}
        print_json(asdict(summary) | durations)


def learn() -> None:
    """Train the classifier on the decided tickets, and classify all tickets again."""
    analyst = open_analyst(load_configuration())
    trained_model, is_new = analyst.train()
    print_text(_describe(trained_model, is_new=is_new))
    analyst.analyse()


def evaluate(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="JSON lines, each with nature and any of title, description, kind.")
    ],
    as_json: AsJson = False,
) -> None:
    """Measure the classifier against labelled tickets."""
    with file.open(encoding="utf-8") as text:
        tickets = parse_labelled(text, str(file))
    evaluation = evaluate_classifier(tickets, open_analyst(load_configuration()).classifier())
    if as_json:
        print_json(evaluation.as_dict())
    else:
        print_text(evaluation.as_text())


def analyse_changes(
    configuration: Configuration, *, as_of: datetime | None = None, rebuild: bool = False, quiet: bool = False
) -> AnalysisSummary:
    """Analyse what changed, or everything, and print a line about it unless `quiet`."""
    analyst = open_analyst(configuration)
    with named_times(analyst.database), progress.analysis_progress() as on_progress:
        summary = analyst.analyse(as_of, rebuild=rebuild, on_progress=on_progress)
    if not quiet:
        print_text(_describe_analysis(summary))
    return summary


def _describe_analysis(summary: AnalysisSummary) -> str:
    if summary.rebuilt and not summary.tickets:
        return "analysed: nothing, the store has no tickets yet"
    scope = f" (all: {summary.reason})" if summary.rebuilt else ""
    return f"analysed: {count(summary.tickets, 'ticket')}{scope}, {count(summary.cells, 'period')} measured"


def _describe(trained_model: TrainedModel, *, is_new: bool) -> str:
    """Return the contents and the quality of a model as a sentence."""
    news = "classifier trained" if is_new else "nothing new to learn"
    rates = f"base rates of {count(len(trained_model.rates), 'kind')}"
    if trained_model.quality is None:
        return f"{news}: {rates}, no text model: {trained_model.why_no_model}"
    quality = trained_model.quality
    return (
        f"{news}: {rates}, and a text model from {count(quality.n, 'ticket')}, "
        f"taught by {quality.taught_by}; cross-validated macro-F1 {score(quality.macro_f1)}, "
        f"the shipped phrases alone {score(quality.rules_macro_f1)}"
    )
