"""Lines of one file that have an id in common."""

from pathlib import Path

import pytest

from connectors.file import reader
from connectors.file.settings import FileSettings
from connectors.file.trial import try_out
from tests.connectors.file.harness import check, pull, pull_ids, ticket, write, write_jsonl

NEW, OLD = "2024-03-05T08:00:00Z", "2024-03-02T08:00:00Z"


def versions(*versions: tuple[str, str, str]) -> list[dict[str, object]]:
    """Return lines by id, title and time of update."""
    return [ticket(uid, title=title, updated_at=at) for uid, title, at in versions]


def test_repeated_ids_of_a_file_are_counted_by_lines(tmp_path: Path) -> None:
    rows = versions(("A", "1", OLD), ("A", "2", NEW), ("B", "3", OLD), ("A", "4", OLD))
    path = write_jsonl(tmp_path / "a.jsonl", *rows)
    pulled = pull(path)

    assert {uid: taken.title for uid, taken in pulled.tickets.items()} == {"A": "2", "B": "3"}
    assert pulled.left_out == [f"left out: id repeats that of a newer line in 2 lines, e.g. {path}:1"]
    assert pulled.pages[-1].existing == 2


def test_newest_line_counts_though_a_later_batch_repeats_its_id(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "LINES_A_BATCH", 2)
    rows = versions(("A", "new", NEW), ("B", "b", OLD), ("C", "c", OLD), ("A", "old", OLD), ("B", "b", OLD))
    path = write(tmp_path / "a.json", str(rows).replace("'", '"'))

    for pulled in (pull(path), pull_ids(path, ["A", "B", "C"])):
        assert {uid: taken.title for uid, taken in pulled.tickets.items()} == {"A": "new", "B": "b", "C": "c"}
    assert pull(path).left_out == [f"left out: id repeats that of a newer line in 2 lines, e.g. {path}:1"]


def test_damage_behind_repeated_lines_is_refused_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "LINES_A_BATCH", 1)
    rows = versions(("A", "new", NEW), ("A", "old", OLD))
    pulled = pull(write(tmp_path / "a.json", str(rows).replace("'", '"').removesuffix("]") + ', {"id"'))

    assert (pulled.tickets["A"].title, len(pulled.refused)) == ("new", 1)


def test_check_and_trial_count_repeated_ids(tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "a.jsonl", *versions(("A", "1", OLD), ("B", "2", OLD), ("A", "3", NEW)))
    account = check(path)

    assert account.sample is not None
    expected = [f"left out: id repeats that of a newer line in 1 line, e.g. {path}:1"]
    assert [kind.text for kind in account.sample.left_out] == expected
    assert account.tickets == 2
    assert [kind.text for kind in try_out(FileSettings(path=(str(path),)), [path]).left_out] == expected


def test_trial_that_ends_early_counts_them_so_far(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.file.trial.TRIED_LINES", 1000)
    path = write_jsonl(tmp_path / "a.jsonl", *(ticket(f"T{number % 1500}") for number in range(3000)))
    first = [path, write_jsonl(tmp_path / "b.jsonl", *(ticket(f"T{number % 900}") for number in range(3000)))]

    assert try_out(FileSettings(path=(str(path),)), [path]).left_out == ()
    assert [kind.tickets for kind in try_out(FileSettings(path=(str(path),)), first[1:]).left_out] == [1100]


def test_one_ticket_in_several_files_and_lines_of_a_log_repeat_nothing(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "a.jsonl", ticket("A"))
    write_jsonl(tmp_path / "b.jsonl", ticket("A"))
    log = write(tmp_path / "log.csv", "id,at,status\nA,2024-03-01T08:00Z,New\nA,2024-03-02T08:00Z,Done\n")

    assert pull(tmp_path / "*.jsonl").left_out == pull(log, events=True).left_out == []
    sample = check(log, events=True).sample
    assert sample is not None
    assert sample.left_out == ()


def test_check_counts_an_id_of_several_files_once_and_says_so(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "a.jsonl", *versions(("A", "1", OLD), ("B", "2", OLD), ("B", "3", NEW)))
    write_jsonl(tmp_path / "b.jsonl", *versions(("B", "4", OLD), ("C", "5", OLD)))
    account = check(tmp_path / "*.jsonl")

    assert account.tickets == 3
    assert "ids that a further file has as well, and of which the last file read counts: 1" in account.notes
    assert not any("further file" in note for note in check(tmp_path / "a.jsonl").notes)
