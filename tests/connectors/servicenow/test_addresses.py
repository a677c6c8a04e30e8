"""No request is longer than proxies let through, however many tickets and columns it is about."""

import httpx
import pytest

from connectors.http import MAX_ADDRESS
from connectors.servicenow.rows import fit_chunks
from tests.connectors.servicenow.fake import Instance, audit, connector, incident, pull, sys_id

TICKETS = 250


def test_a_pull_of_many_tickets_sends_no_long_request(instance: Instance) -> None:
    rows = [
        incident(n, state="2", assignment_group=sys_id(9000 + n), problem_id=sys_id(n)) for n in range(1, TICKETS + 1)
    ]
    instance.tables |= {
        "incident": rows,
        "sys_audit": [audit(5000 + n, n, "state", "1", "2") for n in range(1, TICKETS + 1)],
        "task_sla": [],
        "sys_user_group": [{"sys_id": sys_id(9000 + n), "name": f"Team {n}"} for n in range(1, TICKETS + 1)],
    }
    lengths: list[int] = []

    def measure(request: httpx.Request) -> None:
        lengths.append(len(str(request.url)))

    instance.intercept = measure
    source = connector()
    pages = pull(source)
    tickets = {ticket.id: ticket for page in pages for ticket in page.tickets}
    assert (len(tickets), max(lengths) <= MAX_ADDRESS) == (TICKETS, True), max(lengths)
    assert all(len(ticket.transitions) == 1 for ticket in tickets.values())
    assert {ticket.team for ticket in tickets.values()} == {f"Team {n}" for n in range(1, TICKETS + 1)}


@pytest.mark.parametrize("room", [-5, 0, 10, 100])
def test_chunks_hold_every_value_once_and_one_at_least(room: int) -> None:
    values = [str(n) * 9 for n in range(250)]
    chunks = list(fit_chunks(values, room))
    assert [value for chunk in chunks for value in chunk] == values
    assert all(len(chunk) == 1 or sum(len(value) + 1 for value in chunk) <= room for chunk in chunks)
