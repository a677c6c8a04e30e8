"""Commands of the analysis, of what it learns and how good that is."""

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from time import monotonic, process_time
from typing import Annotated

import typer

from service.analysis.classify import TrainedModel
from service.analysis.classify.evaluation import evaluate as measured
from service.analysis.classify.labelled_tickets import parse_labelled
from service.analysis.formatting import count, score
from service.cli import progress
from service.cli.analyst import open_analyst
from service.cli.configuration import load_configuration
from service.cli.options import AsJson, AsOf, moment
from service.cli.output import print_json
from service.pipeline.analysis import AnalysisSummary
from service.runtime.configuration import Configuration


def analyse(
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Analyse every ticket anew.")] = False,
    as_of: AsOf = "",
    as_json: AsJson = False,
) -> None:
    """Analyses what has changed since the last time."""
    configuration = load_configuration()
    begun, worked = monotonic(), process_time()
    done = caught_up(configuration, as_of=moment(as_of, configuration.settings.zone), rebuild=rebuild, quiet=as_json)
    if as_json:
        took = {"seconds": monotonic() - begun, "cpu_seconds": process_time() - worked}
        print_json(asdict(done) | took)


def learn() -> None:
    """Learns from the tickets that rules and persons have decided; all tickets are then classified anew."""
    analyst = open_analyst(load_configuration())
    trained_model, is_new = analyst.train()
    typer.echo(_learnt(trained_model, is_new=is_new))
    analyst.analyse()


def evaluate(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="JSON lines with nature, title, description, kind.")],
    as_json: AsJson = False,
) -> None:
    """Measures the classifier against labelled tickets."""
    with file.open(encoding="utf-8") as text:
        known = parse_labelled(text, str(file))
    found = measured(known, open_analyst(load_configuration()).classifier())
    if as_json:
        print_json(found.as_dict())
    else:
        typer.echo(found.as_text())


def caught_up(
    configuration: Configuration, *, as_of: datetime | None = None, rebuild: bool = False, quiet: bool = False
) -> AnalysisSummary:
    """Analyses what has changed, or everything, and says so unless it is to be quiet."""
    with progress.analysing() as watch:
        done = open_analyst(configuration).analyse(as_of, rebuild=rebuild, on_progress=watch)
    if not quiet:
        every = " (all)" if done.rebuilt else ""
        typer.echo(f"analysed: {done.tickets} tickets{every}, {done.cells} periods measured")
    return done


def _learnt(trained_model: TrainedModel, *, is_new: bool) -> str:
    """Return what was learnt as a sentence."""
    news = "learnt anew" if is_new else "nothing new was learnt"
    rates = f"base rates of {count(len(trained_model.rates), 'kind')}"
    if trained_model.quality is None:
        return f"{news}: {rates}, no text model: {trained_model.why_no_model}"
    quality = trained_model.quality
    return (
        f"{news}: {rates}, and a text model from {count(quality.n, 'ticket')}, "
        f"taught by {quality.taught_by}; cross-validated macro-F1 {score(quality.macro_f1)}, "
        f"the shipped phrases alone {score(quality.rules_macro_f1)}"
    )
