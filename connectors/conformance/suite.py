"""The rules of the connector contract, a test each."""
# ruff: noqa: S101 - assertions are what this is made of

import asyncio
import traceback
from datetime import UTC, datetime, timedelta

from connectors.conformance.reading import (
    ask,
    everything_written,
    fetch,
    ids,
    instants,
    left_behind,
    newest,
    pull,
    pull_until_death,
    pull_while_moving,
    run,
    through_json,
    updates,
)
from connectors.conformance.system import FakeSystem

ROUNDING = timedelta(minutes=1)
MOST_RESUMES = 12
MOST_REQUESTS = 500
PATIENCE = 60.0


class ConnectorConformance:
    """The rules of the connector contract. Derive from it and say what `system` is."""

    def system(self) -> FakeSystem:
        """A new fake system, the same at every call."""
        raise NotImplementedError("say which fake system your connector reads")

    def test_brings_every_ticket_under_its_id(self) -> None:
        system = self.system()
        found = newest(run(pull(system.connector())))
        assert updates(found) == dict(system.truth()), "a full pull must bring every ticket, as the system has it"

    def test_gives_aware_utc_instants_only(self) -> None:
        for page in run(pull(self.system().connector())):
            for at in instants(page.model_dump()):
                assert at.tzinfo is UTC, f"{at!r} is not in UTC"

    def test_checkpoints_are_json(self) -> None:
        for page in run(pull(self.system().connector())):
            assert through_json(page.checkpoint) == page.checkpoint, "a checkpoint must survive JSON unchanged"

    def test_resumes_behind_every_page(self) -> None:
        assert_resumes(self.system())

    def test_equal_times_lose_nothing(self) -> None:
        system = self.system()
        system.tie(list(system.truth()))
        assert_resumes(system)

    def test_second_pull_reads_only_the_overlap_again(self) -> None:
        system = self.system()
        first = run(pull(system.connector()))
        reached: dict[str, datetime] = {}
        for ticket in newest(first).values():
            stream = system.stream(ticket)
            reached[stream] = max(reached.get(stream, ticket.updated_at), ticket.updated_at)
        for ticket in newest(run(pull(system.connector(), first[-1].checkpoint))).values():
            oldest = reached[system.stream(ticket)] - system.overlap - ROUNDING
            assert ticket.updated_at >= oldest, f"{ticket.id} of {ticket.updated_at} lies behind the overlap"

    def test_survives_death_at_any_request(self) -> None:
        for requests in range(MOST_REQUESTS):
            system = self.system()
            pages, death = run(pull_until_death(system.connector(requests)))
            checkpoint = pages[-1].checkpoint if pages else None
            found = newest([*pages, *run(pull(system.connector(), checkpoint))])
            assert updates(found) == dict(system.truth()), f"tickets are lost when request {requests + 1} fails"
            if death is None:
                return
        raise AssertionError(f"a pull takes more than {MOST_REQUESTS} requests: use smaller pages or fewer tickets")

    def test_a_dead_system_raises_a_connector_error(self) -> None:
        _, death = run(pull_until_death(self.system().connector(0)))
        assert death is not None, "a pull from a dead system must raise"

    def test_sees_what_moves_between_pages(self) -> None:
        system = self.system()
        pages = run(pull_while_moving(system))
        pages += run(pull(system.connector(), pages[-1].checkpoint))
        assert updates(newest(pages)) == dict(system.truth()), "this pull or the next must bring the newest version"

    def test_brings_what_was_created_since(self) -> None:
        system = self.system()
        checkpoint = run(pull(system.connector()))[-1].checkpoint
        created = system.create()
        assert created in newest(run(pull(system.connector(), checkpoint))), "a new ticket must come with the next pull"

    def test_ids_are_what_exists(self) -> None:
        system = self.system()
        assert run(ids(system.connector())) == set(system.truth())

    def test_deleted_tickets_are_gone(self) -> None:
        system = self.system()
        gone = next(iter(system.truth()))
        system.delete(gone)
        assert run(ids(system.connector())) == set(system.truth()), "ids() must not tell of deleted tickets"
        assert not run(fetch(system.connector(), [gone])), "a deleted ticket must be passed over in silence"

    def test_tickets_brings_exactly_those_asked_for(self) -> None:
        system = self.system()
        truth = system.truth()
        wanted = list(truth)[::3]
        found = run(fetch(system.connector(), [*wanted, system.unknown_id]))
        assert updates(found) == {ticket_id: truth[ticket_id] for ticket_id in wanted}
        assert not run(fetch(system.connector(), [])), "no ids, no tickets"

    def test_check_and_count_agree_with_the_system(self) -> None:
        system = self.system()
        account, count = run(ask(system.connector()))
        assert account.user, "check() must say who is asking"
        assert account.tickets in (None, len(system.truth()))
        assert count is None or not count.exact or count.tickets == len(system.truth())

    def test_closed_early_leaves_nothing_behind(self) -> None:
        system = self.system()
        some = list(system.truth())[:5]
        for begin in (
            lambda connector: connector.pages(None),
            lambda connector: connector.ids(),
            lambda connector: connector.tickets(some),
        ):
            assert not run(left_behind(system.connector(), begin)), "a closed generator must end all its tasks"

    def test_repeated_page_token_raises(self) -> None:
        system = self.system()
        system.repeat_token()
        _, death = run(asyncio.wait_for(pull_until_death(system.connector()), PATIENCE))
        assert death is not None, "a walk whose page token repeats never ends and must raise"

    def test_secrets_stay_secret(self) -> None:
        system = self.system()
        secrets = system.secrets()
        for fail_after in (None, *range(8)):
            with everything_written() as written:
                connector = system.connector(fail_after)
                pages, death = run(pull_until_death(connector))
            shown = [repr(connector), repr(getattr(connector, "__dict__", "")), *(repr(page) for page in pages)]
            shown += traceback.format_exception(death) if death else []
            text = written() + "".join(shown)
            assert not [True for secret in secrets if secret in text], "a secret was written"


def assert_resumes(system: FakeSystem) -> None:
    """From the checkpoint of any page on, all comes that has not come before."""
    pages = run(pull(system.connector()))
    assert pages, "a pull of existing tickets must bring a page"
    for number in range(1, len(pages), -(-len(pages) // MOST_RESUMES)):
        rest = run(pull(system.connector(), pages[number - 1].checkpoint))
        found = newest([*pages[:number], *rest])
        assert updates(found) == dict(system.truth()), f"the checkpoint of page {number} passes tickets yet to come"
