"""The proposal of a mapping, by names and by values."""

from collections.abc import Sequence

import pytest

from connectors.file.columns import AUDIT_FIELDS, FIELDS
from connectors.file.facts import facts_of
from connectors.file.profiles import profiles, recognise, words
from connectors.file.proposal import Proposal, propose

ROWS = 30


def proposal_of(header: Sequence[str], *columns: Sequence[str]) -> Proposal:
    """Return the proposal for a table, given by its columns."""
    rows = [
        {name: value for name, value in zip(header, values, strict=True) if value}
        for values in zip(*columns, strict=True)
    ]
    return propose(facts_of(header, rows), rows)


IDS = [f"T{n:04}" for n in range(ROWS)]
OPENED = [f"2026-03-{n % 28 + 1:02} 08:{n:02}:00" for n in range(ROWS)]
CLOSED = [f"2026-04-{n % 28 + 1:02} 08:{n:02}:00" if n % 2 else "" for n in range(ROWS)]
TITLES = [f"Printer {n} does not print any more" for n in range(ROWS)]
STATUSES = ["Closed" if n % 2 else "In progress" for n in range(ROWS)]
TEAMS = [("Desk", "Network", "Mail")[n % 3] for n in range(ROWS)]
TABLE = (IDS, OPENED, CLOSED, TITLES, STATUSES, TEAMS)
FIELDS_OF_TABLE = ["id", "opened_at", "closed_at", "title", "status", "team"]


@pytest.mark.parametrize(
    ("language", "header"),
    [
        ("en", ["Ticket number", "Opened", "Closed on", "Short description", "State", "Support group"]),
        ("de", ["Vorgangsnummer", "Angelegt am", "Abgeschlossen am", "Betreff", "Zustand", "Lösergruppe"]),
        ("fr", ["N° ticket", "Date d'ouverture", "Date de clôture", "Objet", "Statut", "Équipe"]),
        ("es", ["Folio", "Fecha de apertura", "Fecha de cierre", "Asunto", "Estado", "Grupo asignado"]),
        ("it", ["Numero ticket", "Data apertura", "Data chiusura", "Oggetto", "Stato", "Gruppo assegnato"]),
        ("pt", ["Número do chamado", "Data de abertura", "Data de fechamento", "Assunto", "Situação", "Equipe"]),
        ("nl", ["Ticketnummer", "Aangemaakt op", "Gesloten op", "Onderwerp", "Toestand", "Oplosgroep"]),
        ("sv", ["Ärendenummer", "Skapad", "Stängd", "Rubrik", "Tillstånd", "Ansvarig grupp"]),
        ("no", ["Saksnummer", "Opprettet", "Lukket", "Tittel", "Tilstand", "Ansvarlig gruppe"]),
        ("da", ["Sagsnummer", "Oprettet", "Lukket", "Overskrift", "Tilstand", "Ansvarlig gruppe"]),
        ("pl", ["Numer zgłoszenia", "Data utworzenia", "Data zamknięcia", "Temat", "Stan", "Zespół"]),
        ("ja", ["受付番号", "起票日時", "完了日時", "件名", "ステータス", "担当グループ"]),
    ],
)
def test_an_unknown_file_is_mapped_by_names_in_twelve_languages(language: str, header: list[str]) -> None:
    proposal = proposal_of(header, *TABLE)

    assert (proposal.system, proposal.language, proposal.form) == (None, language, "snapshot")
    assert [made.field for made in proposal.assignments] == FIELDS_OF_TABLE
    assert {made.certainty for made in proposal.assignments} == {"likely"}


def test_columns_without_telling_names_are_mapped_by_their_values_and_called_a_guess() -> None:
    proposal = proposal_of(["A", "B", "C", "D", "E", "F"], *TABLE)

    made = {made.column: (made.field, made.certainty) for made in proposal.assignments}
    assert made == {
        "A": ("id", "guess"), "B": ("opened_at", "guess"), "D": ("title", "guess"), "E": ("status", "guess")
    }  # fmt: skip
    assert proposal.unused == ("C", "F")


def test_a_name_does_not_outweigh_values_that_cannot_be_the_field() -> None:
    proposal = proposal_of(["Number", "Created", "Closed", "Subject", "Status", "Group"], IDS, TEAMS, *TABLE[2:])

    assert "opened_at" not in {made.field for made in proposal.assignments if made.column == "Created"}
    assert proposal.columns["Number"] == "id"


def test_times_of_something_else_are_no_times_of_the_ticket() -> None:
    header = ["Number", "Opened", "Target resolution date closed", "Subject", "Status", "Group"]

    assert "Target resolution date closed" in proposal_of(header, *TABLE).unused


def test_columns_that_are_missing_are_listed() -> None:
    proposal = proposal_of(["Colour", "Size"], ["red"] * ROWS, ["4"] * ROWS)

    assert proposal.missing == ("id", "opened_at")


def test_several_lines_with_one_id_at_different_times_are_an_event_log() -> None:
    cases = [f"C{n // 3}" for n in range(ROWS)]
    times = [f"2026-03-{n // 3 + 1:02}T0{n % 3 + 1}:00:00Z" for n in range(ROWS)]
    opened = [f"2026-03-{n // 3 + 1:02}T01:00:00Z" for n in range(ROWS)]

    proposal = proposal_of(
        ["Incident", "Opened", "Timestamp", "Activity", "Group"], cases, opened, times, STATUSES, TEAMS
    )

    assert (proposal.form, proposal.missing) == ("events", ())
    assert proposal.columns == {
        "Incident": "id", "Opened": "opened_at", "Timestamp": "at", "Activity": "status", "Group": "team"
    }  # fmt: skip


def test_an_export_that_was_appended_to_an_older_one_is_no_log() -> None:
    """A third of the tickets has moved since; the others stand there twice as they were."""
    updated = [*OPENED, *(f"2026-05-{n % 28 + 1:02} 08:{n:02}:00" if n % 3 == 0 else OPENED[n] for n in range(ROWS))]
    twice = [list(column) * 2 for column in (IDS, OPENED, TITLES, STATUSES)]
    proposal = proposal_of(["Number", "Opened", "Title", "Status", "Updated"], *twice, updated)

    assert (proposal.form, proposal.missing) == ("snapshot", ())


def test_the_time_of_an_event_log_is_the_one_that_changes_within_a_ticket() -> None:
    cases = [f"C{n // 3}" for n in range(ROWS)]
    opened = [f"2026-03-{n // 3 + 1:02}T01:00:00Z" for n in range(ROWS)]
    changing = [f"2026-03-{n // 3 + 1:02}T0{n % 3 + 1}:00:00Z" for n in range(ROWS)]

    proposal = proposal_of(["number", "opened_at", "sys_updated_on", "state"], cases, opened, changing, STATUSES)

    assert proposal.form == "events"
    assert (proposal.columns["sys_updated_on"], proposal.columns["opened_at"]) == ("at", "opened_at")


def test_lines_that_name_a_field_with_its_values_are_an_audit_log() -> None:
    cases = [f"C{n // 3}" for n in range(ROWS)]
    times = [f"2026-03-{n // 3 + 1:02}T0{n % 3 + 1}:00:00Z" for n in range(ROWS)]
    fields = [("Status", "Assigned to", "Priority")[n % 3] for n in range(ROWS)]
    header = ["Ticket", "Changed at", "Field", "Old value", "New value", "Changed by"]

    proposal = proposal_of(header, cases, times, fields, ["a"] * ROWS, ["b"] * ROWS, TEAMS)

    assert (proposal.form, proposal.missing) == ("audit", ())
    assert list(proposal.columns.values()) == ["id", "at", "field", "old", "new", "actor"]


def test_every_mark_consists_of_columns_that_the_profile_maps_or_names_and_fields_exist() -> None:
    for profile in profiles():
        tables = list(profile.columns.values())
        assert profile.marks
        assert {field for table in tables for field in table} <= {*FIELDS}, profile.name
        for mark in profile.marks:
            assert mark == {" ".join(name.split()).casefold() for name in mark}, profile.name
    fields = {*FIELDS, *AUDIT_FIELDS, "activity"}
    assert {field for table in words().values() for field in table} <= fields


def test_no_export_is_taken_for_the_one_of_another_system() -> None:
    for profile in profiles():
        for language, table in profile.columns.items():
            header = [next(name for name in names if "." not in name) for names in table.values()]
            recognition = recognise(header)
            assert recognition is not None, (profile.name, language)
            assert recognition.profile.name == profile.name, language


@pytest.mark.parametrize(
    "name",
    ["Age (Hours)", "Case Age (Hours)", "Resolution time (hours)", "Business duration", "Business duration (hours)",
     "Total hours open", "Hours", "Minutes", "SLA hours", "Estimated hours", "Original effort estimate",
     "Time spent in status", "Remaining effort", "Logged until response (minutes)", "Planned effort",
     "Lösungszeit (Stunden)", "Bearbeitungsdauer (h)", "Verbleibender Aufwand", "Geplanter Aufwand",
     "Durée de résolution (heures)", "Délai de prise en charge (minutes)", "Temps passé en attente",
     "Horas hasta la resolución", "Durata (ore)", "Ore aperto", "Tempo de resolução (horas)", "Doorlooptijd (uren)",
     "経過時間", "Time to resolution (h)"],
)  # fmt: skip
def test_time_that_passes_is_never_taken_for_logged_work(name: str) -> None:
    header = ["Number", "Opened", "Closed", "Subject", "Status", "Group"]

    assert "hours" not in proposal_of([*header, name], *TABLE, ["192"] * ROWS).columns.values()
    assert "hours" not in proposal_of([*header, name], *TABLE, [""] * ROWS).columns.values()


@pytest.mark.parametrize(
    "name",
    ["Effort", "Effort (h)", "Time spent", "Time worked", "Total time spent (minutes)", "time_logged", "Hours worked",
     "Zeitaufwand", "Aufwand (Stunden)", "Temps passé", "Temps passé (heures)", "Tiempo invertido", "Tempo impiegato",
     "Horas trabalhadas", "Bestede tijd", "Nedlagd tid", "Brukt tid", "Tidsforbrug", "Czas pracy", "作業時間",
     "作業時間(分)"],
)  # fmt: skip
def test_work_is_recognised_by_words_of_effort_in_twelve_languages(name: str) -> None:
    header = ["Number", "Opened", "Closed", "Subject", "Status", "Group"]

    assert proposal_of([*header, name], *TABLE, ["2"] * ROWS).columns[name] == "hours"
