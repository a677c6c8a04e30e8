"""The command that lists the audit sample and takes answers about it."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.service.conftest import Runs


@pytest.fixture
def sampled(treadmill: Runs, tmp_path: Path) -> Runs:
    """A store whose problem came back every third day until last week, and one other ticket."""
    begin = datetime.now(UTC) - timedelta(days=70)
    lines: list[dict[str, Any]] = [
        {
            "id": str(place), "key": f"INC{place}", "title": "Mail gateway rejects every attachment",
            "kind": "incident",
            "opened_at": (begin + timedelta(days=3 * place)).isoformat(), "status": "Closed",
            "resolved_at": (begin + timedelta(days=3 * place, hours=2)).isoformat(),
        }
        for place in range(1, 20)
    ]  # fmt: skip
    lines.append(lines[0] | {"id": "30", "key": "INC30", "title": "Printer queue stuck on the upper floor"})
    (tmp_path / "tickets.jsonl").write_text("\n".join(map(json.dumps, lines)))
    assert treadmill("sync")[0] == 0
    return treadmill


def listed(treadmill: Runs) -> dict[str, dict[str, Any]]:
    code, out, err = treadmill("review", "--sample", "--json")
    assert code == 0, err
    return {ticket["key"]: ticket for ticket in json.loads(out)}


def test_the_sample_shows_each_ticket_beside_what_it_may_be(sampled: Runs) -> None:
    tickets = listed(sampled)

    assert {key for key, ticket in tickets.items() if ticket["question"] == "missed"} == {"INC1", "INC30"}
    assert len(tickets) == 20
    assert [earlier["key"] for earlier in tickets["INC7"]["earlier"]] == ["INC6"]
    assert tickets["INC1"]["earlier"] == []
    assert "archive:INC7 Mail gateway" in sampled("review", "--sample")[1]


def test_answers_are_taken_from_a_file_counted_and_taken_back(sampled: Runs, tmp_path: Path) -> None:
    answers = [f"INC{place} same" for place in range(2, 20)] + ["archive:INC1 different", "", "INC30 different"]
    (tmp_path / "answers.txt").write_text("\n".join(answers))

    code, out, err = sampled("review", "--sample", "--judge", str(tmp_path / "answers.txt"))

    assert code == 0, err
    assert "INC2 is the same problem as an earlier ticket" in out
    assert listed(sampled) == {}
    [source] = json.loads(sampled("report", "--format", "json")[1])["sources"]
    assert source["recall"]["origin"] == "sample"
    assert (source["recall"]["recognised"], source["recall"]["n"], source["recall"]["value"]) == (18, 20, 1.0)

    (tmp_path / "answers.txt").write_text("INC2 open")
    assert "INC2 is to be judged again" in sampled("review", "--sample", "--judge", str(tmp_path / "answers.txt"))[1]
    assert list(listed(sampled)) == ["INC2"]
    judged = [json.loads(line) for line in sampled("export", "audit")[1].splitlines()]
    assert [entry["what"] for entry in judged][-1] == "undo judge"


def test_answers_outlive_a_rebuild(sampled: Runs, tmp_path: Path) -> None:
    (tmp_path / "answers.txt").write_text("INC2 same\nINC30 different")
    sampled("review", "--sample", "--judge", str(tmp_path / "answers.txt"))

    assert sampled("analyse", "--rebuild")[0] == 0

    assert listed(sampled).keys().isdisjoint({"INC2", "INC30"})


@pytest.mark.parametrize(
    ("line", "problem"),
    [("INC2 perhaps", "line 1: 'INC2 perhaps' must be TICKET and same, different or open"), ("same", "line 1")],
)
def test_a_line_that_is_no_answer_is_refused_with_its_place(
    sampled: Runs, tmp_path: Path, line: str, problem: str
) -> None:
    (tmp_path / "answers.txt").write_text(line)

    code, _, err = sampled("review", "--sample", "--judge", str(tmp_path / "answers.txt"))

    assert code == 2
    assert problem in err.replace("\n", " ").replace("│", "").replace("  ", " ")


@pytest.fixture
def paired(treadmill: Runs, tmp_path: Path) -> Runs:
    """A store in which one problem was told in two wordings."""
    texts = (
        ("Mail gateway rejects every invoice", "Sender gets code relay-denied"),
        ("Invoices bounce at night", "The gateway answers relay-denied to the sender"),
    )
    day = datetime.now(UTC) - timedelta(days=9)
    lines = [
        {
            "id": str(place), "key": f"INC{place}", "title": title, "description": text, "kind": "incident",
            "opened_at": (day + timedelta(days=place)).isoformat(), "status": "Closed",
        }
        for place, (title, text) in enumerate(texts)
    ]  # fmt: skip
    (tmp_path / "tickets.jsonl").write_text("\n".join(map(json.dumps, lines)))
    assert treadmill("sync")[0] == 0
    return treadmill


def test_pairs_are_listed_with_the_names_by_which_their_families_can_be_merged(paired: Runs) -> None:
    code, out, err = paired("review", "--pairs", "--json")

    assert code == 0, err
    [pair] = json.loads(out)
    assert [ticket["key"] for ticket in pair["tickets"]] == ["INC0", "INC1"]
    assert (pair["a"], pair["b"]) == ("0", "1")
    assert 0 < pair["probability"] < 1
    assert not pair["marked"]
    names = [ticket["family"] for ticket in pair["tickets"]]
    text = paired("review", "--pairs")[1]
    assert all(name in text for name in (*names, "archive, likeness", "Invoices bounce at night"))
    assert paired("cycles", "merge", *names)[0] == 0
    assert paired("review", "--pairs")[1].strip() == "no pairs to review"


def test_answers_about_pairs_are_taken_from_a_file_and_taken_back(paired: Runs, tmp_path: Path) -> None:
    def take(text: str) -> str:
        (tmp_path / "answers.txt").write_text(text)
        code, out, err = paired("review", "--pairs", "--judge", str(tmp_path / "answers.txt"))
        assert code == 0, err
        return out

    assert "INC1 and INC0 are not the same problem" in take("INC1 archive:INC0 not\n")
    assert paired("review", "--pairs")[1].strip() == "no pairs to review"
    assert "not" in paired("cycles", "words")[1]
    assert "are to be asked about again" in take("INC0\tINC1\topen")
    assert "Invoices bounce" in paired("review", "--pairs")[1]
    assert "are the same problem" in take("\nINC0 INC1 same")
    families = {json.loads(line)["family"] for line in paired("export", "tickets")[1].splitlines()}
    assert len(families) == 1


@pytest.mark.parametrize("line", ["INC0 same", "INC0 INC1 perhaps", "INC0 INC1 different", "INC0 INC1 INC1 same"])
def test_a_line_that_is_no_answer_about_a_pair_is_refused(paired: Runs, tmp_path: Path, line: str) -> None:
    (tmp_path / "answers.txt").write_text(f"INC0 INC1 same\n{line}")

    code, _, err = paired("review", "--pairs", "--judge", str(tmp_path / "answers.txt"))

    assert code == 2
    assert "line 2:" in err
    assert "Invoices bounce" in paired("review", "--pairs")[1]


def test_answers_about_unknown_tickets_are_refused_before_any_is_taken(paired: Runs, tmp_path: Path) -> None:
    (tmp_path / "answers.txt").write_text("\N{BYTE ORDER MARK}INC0 INC1 same\nINC0 INC99 not\n")

    code, _, err = paired("review", "--pairs", "--judge", str(tmp_path / "answers.txt"))

    assert code == 2
    assert "line 2: no ticket has the key or id 'INC99'" in err.replace("\n", " ")
    assert "Invoices bounce" in paired("review", "--pairs")[1]
    assert paired("review", "--limit", "0")[0] == 2


@pytest.mark.parametrize(
    "arguments",
    [("--tickets", "--sample"), ("--pairs", "--sample"), ("--pairs", "--tickets"), ("--judge", "answers.txt")],
)
def test_options_that_do_not_go_together_are_refused(treadmill: Runs, arguments: tuple[str, ...]) -> None:
    assert treadmill("review", *arguments)[0] == 2
