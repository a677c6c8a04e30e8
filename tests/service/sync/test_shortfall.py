"""A run, a source and a check of which less than half can be taken end as failures."""

import asyncio
from dataclasses import replace

import pytest

from connectors.model import Account, LeftOut, MappedSample, Refusal, UnknownWord
from service.monitoring import check
from service.store.tickets import runs, sources
from service.sync.pull import pull
from service.sync.run import Run, SyncContext
from tests.service.sync.fake import InMemorySystem

LATE = LeftOut(field="resolved_at", cause="is not between 1990 and 2031", tickets=1, example='INC1 "9999-12-31"')


def refusals(number: int) -> tuple[Refusal, ...]:
    return tuple(Refusal(place=f"INC{n}", reason="opened_at: is missing") for n in range(number))


def run_pull(context: SyncContext, system: InMemorySystem, *, full: bool = False) -> Run:
    return asyncio.run(pull(replace(context, stop=asyncio.Event()), system.source(), full=full))


@pytest.mark.parametrize(("taken", "refused", "outcome"), [(4, 4, "done"), (4, 5, "failed"), (1, 50, "failed")])
def test_a_first_pull_fails_where_less_than_half_could_be_taken(
    context: SyncContext, taken: int, refused: int, outcome: str
) -> None:
    run = run_pull(context, InMemorySystem.with_tickets(taken, refused=refusals(refused)))
    assert (run.outcome, run.counts.read, run.counts.refused) == (outcome, taken, refused)
    [state] = sources.states(context.database)
    assert (state.last_success_at is None) == (outcome == "failed")
    assert (f"only {taken} of {taken + refused} records" in (run.reason or "")) == (outcome == "failed")


@pytest.mark.parametrize(("refused", "outcome"), [(2, "done"), (10, "failed")])
def test_a_pull_of_changes_may_meet_a_few_odd_tickets(context: SyncContext, refused: int, outcome: str) -> None:
    system = InMemorySystem.with_tickets(9)
    run_pull(context, system)
    system.refused = refusals(refused)
    assert run_pull(context, system).outcome == outcome


def test_the_run_and_its_source_keep_what_was_left_out(context: SyncContext) -> None:
    system = InMemorySystem.with_tickets(9, left_out=(LATE,))
    run = run_pull(context, system)
    three = LATE.model_copy(update={"tickets": 3})
    assert run.left_out == (three,), "one in each of three pages"
    assert run.as_dict()["left_out"] == [three.model_dump()]
    run_pull(context, system)
    assert run.id is not None
    assert runs.left_out(context.database, run.id) == [three]
    [state] = sources.states(context.database)
    assert state.left_out == (three,), "the smaller count of the second pull does not replace it"
    system.left_out = ()
    run_pull(context, system, full=True)
    assert sources.states(context.database)[0].left_out == ()


@pytest.mark.parametrize(("taken", "is_ok"), [(10, True), (5, True), (4, False), (0, False)])
def test_a_check_fails_where_less_than_half_of_the_sample_could_be_taken(taken: int, is_ok: bool) -> None:
    sample = MappedSample(taken=taken, refused=10 - taken, refusals=refusals(10 - taken), left_out=(LATE,))
    system = InMemorySystem.with_tickets(1, sample=sample)
    [result] = asyncio.run(check.all_sources([system.source()], {}))
    text = check.as_text(result)
    assert (result.is_ok, text.startswith("ok")) == (is_ok, is_ok)
    assert LATE.text in text
    assert (f"only {taken} of the 10 records looked at can be taken" in text) == (not is_ok)
    assert ("would be refused: INC0: opened_at: is missing" in text) == (taken < 10)


def test_a_defect_in_the_check_of_a_source_does_not_hide_the_others() -> None:
    odd = InMemorySystem(check_error=ZeroDivisionError("division by zero"))
    good = InMemorySystem.with_tickets(2)
    results = asyncio.run(check.all_sources([odd.source("odd"), good.source("good")], {}))
    assert [(result.name, result.is_ok) for result in results] == [("odd", False), ("good", True)]
    assert "unexpected ZeroDivisionError: division by zero" in check.as_text(results[0])


def test_words_of_the_sample_that_nobody_understood_are_listed_with_the_variable_to_set() -> None:
    words = (UnknownWord(field="status", word="Zonk", tickets=2), UnknownWord(field="priority", word="Gold", tickets=1))
    stored = UnknownWord(field="status", word="Zink", tickets=7, remedy="as stored")
    system = InMemorySystem.with_tickets(1, sample=MappedSample(taken=3, refused=0, unknown=words))
    [first] = asyncio.run(check.all_sources([system.source()], {}))
    [later] = asyncio.run(
        check.all_sources([system.source()], {system.source().name: check.StoredFaults(unknown=(stored,))})
    )

    assert 'status "Zonk" of 2 tickets is not understood.' in check.as_text(first)
    assert f'TREADMILL_SOURCES__{system.source().name.upper()}__STATUS_MAP={{"Zonk": "?"}}' in check.as_text(first)
    assert '__PRIORITY_MAP={"Gold": "?"}' in check.as_text(first)
    assert '__STATUS_MAP={"Zonk": "?", "Zink": "?"}' in check.as_text(later)
    assert "as stored" not in check.as_text(later)


def test_a_defect_of_a_file_is_told_once() -> None:
    cut = Refusal(place="a.csv:7", reason="the compressed file is cut off here")
    missing = (f"{cut.place}: {cut.reason}", "b.csv: all of the first 3 lines would be refused")
    account = Account(
        system="files", user="u", missing=missing, sample=MappedSample(taken=3, refused=1, refusals=(cut,))
    )
    text = check.as_text(check.CheckResult("s", is_ok=True, account=account))

    assert text.count("cut off here") == 1
    assert "missing: b.csv: all of the first 3 lines would be refused" in text
