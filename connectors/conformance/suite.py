"""The rules of the connector contract, a test each."""
# ruff: noqa: S101 - assertions are what this is made of

import asyncio
import traceback
from datetime import UTC, datetime, timedelta

from connectors.bounds import bound_page
from connectors.conformance.harness import (
    captured_output,
    check_and_count,
    fetch_tickets,
    instants,
    json_roundtrip,
    latest_versions,
    leaked_tasks,
    list_ids,
    pull,
    pull_until_error,
    pull_while_changing,
    run,
    update_times,
)
from connectors.conformance.system import FakeSystem

ROUNDING = timedelta(minutes=1)  # the coarsest clock of a system: JQL that takes no milliseconds
MAX_RESUMES = 12
MAX_REQUESTS = 500
TIMEOUT = 60.0


class ConnectorConformance:
    """The rules of the connector contract. Inherit from it and implement `system`."""

    def system(self) -> FakeSystem:
        """Return a new fake system, the same at every call."""
        raise NotImplementedError("implement system(): return the fake system that your connector reads")

    def test_full_pull_returns_every_ticket(self) -> None:
        system = self.system()
        tickets = latest_versions(run(pull(system.connector())))
        assert update_times(tickets) == dict(system.truth()), (
            "a full pull must return every ticket with its id and time"
        )

    def test_every_instant_is_aware_utc(self) -> None:
        for page in run(pull(self.system().connector())):
            for at in instants(page.model_dump()):
                assert at.tzinfo is UTC, f"{at!r} is not in UTC"

    def test_every_value_is_within_bounds(self) -> None:
        for page in run(pull(self.system().connector())):
            bounded = bound_page(page)
            new = [kind.text for kind in bounded.left_out if kind not in page.left_out]
            new += [f"refused: {refusal.place}: {refusal.reason}" for refusal in bounded.refused[len(page.refused) :]]
            assert not new, "the service would change these values; leave them out yourself, and count them: " + str(
                new
            )

    def test_checkpoints_are_json(self) -> None:
        for page in run(pull(self.system().connector())):
            assert json_roundtrip(page.checkpoint) == page.checkpoint, "a checkpoint must survive JSON unchanged"

    def test_resumes_after_every_page(self) -> None:
        assert_resumes(self.system())

    def test_equal_update_times_lose_no_ticket(self) -> None:
        system = self.system()
        system.tie(list(system.truth()))
        assert_resumes(system)

    def test_second_pull_rereads_only_the_overlap(self) -> None:
        system = self.system()
        first = run(pull(system.connector()))
        reached: dict[str, datetime] = {}
        for ticket in latest_versions(first).values():
            stream = system.stream(ticket)
            reached[stream] = max(reached.get(stream, ticket.updated_at), ticket.updated_at)
        for ticket in latest_versions(run(pull(system.connector(), first[-1].checkpoint))).values():
            oldest = reached[system.stream(ticket)] - system.overlap - ROUNDING
            assert ticket.updated_at >= oldest, f"{ticket.id}, updated {ticket.updated_at}, is older than the overlap"

    def test_resumes_after_a_failure_at_any_request(self) -> None:
        for requests in range(MAX_REQUESTS):
            system = self.system()
            pages, error = run(pull_until_error(system.connector(requests)))
            checkpoint = pages[-1].checkpoint if pages else None
            tickets = latest_versions([*pages, *run(pull(system.connector(), checkpoint))])
            assert update_times(tickets) == dict(system.truth()), f"tickets are lost if request {requests + 1} fails"
            if error is None:
                return
        raise AssertionError(f"a pull takes more than {MAX_REQUESTS} requests: use larger pages or fewer tickets")

    def test_dead_system_raises_connector_error(self) -> None:
        _, error = run(pull_until_error(self.system().connector(0)))
        assert error is not None, "a pull from a system that does not answer must raise"

    def test_tickets_that_change_during_the_pull_are_seen(self) -> None:
        system = self.system()
        pages = run(pull_while_changing(system))
        pages += run(pull(system.connector(), pages[-1].checkpoint))
        assert update_times(latest_versions(pages)) == dict(system.truth()), (
            "this pull or the next one must return the latest version"
        )

    def test_next_pull_returns_new_tickets(self) -> None:
        system = self.system()
        checkpoint = run(pull(system.connector()))[-1].checkpoint
        created = system.create()
        tickets = latest_versions(run(pull(system.connector(), checkpoint)))
        assert created in tickets, "the next pull must return a ticket that was created after this one"

    def test_ids_are_those_of_existing_tickets(self) -> None:
        system = self.system()
        assert run(list_ids(system.connector())) == set(system.truth())

    def test_deleted_tickets_are_absent(self) -> None:
        system = self.system()
        deleted = next(iter(system.truth()))
        system.delete(deleted)
        assert run(list_ids(system.connector())) == set(system.truth()), "ids() must not return deleted tickets"
        assert not run(fetch_tickets(system.connector(), [deleted])), "tickets() must skip a deleted ticket"

    def test_tickets_returns_exactly_the_requested_ids(self) -> None:
        system = self.system()
        truth = system.truth()
        ids = list(truth)[::3]
        tickets = run(fetch_tickets(system.connector(), [*ids, system.unknown_id]))
        assert update_times(tickets) == {ticket_id: truth[ticket_id] for ticket_id in ids}
        assert not run(fetch_tickets(system.connector(), [])), "tickets([]) must return no tickets"

    def test_check_and_count_agree_with_the_system(self) -> None:
        system = self.system()
        account, count = run(check_and_count(system.connector()))
        assert account.user, "check() must name the account"
        assert account.tickets in (None, len(system.truth()))
        assert count is None or not count.exact or count.tickets == len(system.truth())

    def test_closing_early_leaves_no_task(self) -> None:
        system = self.system()
        ids = list(system.truth())[:5]
        for begin in (
            lambda connector: connector.pages(None),
            lambda connector: connector.ids(),
            lambda connector: connector.tickets(ids),
        ):
            assert not run(leaked_tasks(system.connector(), begin)), "a closed generator must end all its tasks"

    def test_repeated_page_token_raises(self) -> None:
        system = self.system()
        system.repeat_token()
        _, error = run(asyncio.wait_for(pull_until_error(system.connector()), TIMEOUT))
        assert error is not None, "a page token that repeats must raise: such a walk never ends"

    def test_secrets_stay_secret(self) -> None:
        system = self.system()
        secrets = system.secrets()
        # Failing runs matter as much as the good one: an error quotes the request, which carries the credentials.
        for fail_after in (None, *range(8)):
            with captured_output() as output:
                connector = system.connector(fail_after)
                pages, error = run(pull_until_error(connector))
            shown = [repr(connector), repr(getattr(connector, "__dict__", "")), *(repr(page) for page in pages)]
            shown += traceback.format_exception(error) if error else []
            text = output() + "".join(shown)
            # The message must not quote the secrets either, so the assertion compares no texts.
            assert not [True for secret in secrets if secret in text], "a secret was printed, logged or shown by a repr"


def assert_resumes(system: FakeSystem) -> None:
    """Assert that a pull from the checkpoint of any page returns every ticket that came on no earlier page."""
    pages = run(pull(system.connector()))
    assert pages, "a pull of existing tickets must return a page"
    # A sample of the pages: each resume is a pull of its own.
    for number in range(1, len(pages), -(-len(pages) // MAX_RESUMES)):
        rest = run(pull(system.connector(), pages[number - 1].checkpoint))
        tickets = latest_versions([*pages[:number], *rest])
        assert update_times(tickets) == dict(system.truth()), f"the checkpoint of page {number} skips unread tickets"
