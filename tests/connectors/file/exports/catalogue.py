"""Twelve example exports, each in the form in which its system writes it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

import orjson

from connectors.model import StatusCategory
from tests.connectors.file.exports.tickets import ExportedTicket
from tests.connectors.file.exports.writers import Cell, write_csv, write_workbook

Tickets = Iterable[ExportedTicket]
Words = dict[StatusCategory, str]

GERMAN_MONTHS = ("Jan", "Feb", "Mär", "Apr", "Mai", "Jun", "Jul", "Aug", "Sep", "Okt", "Nov", "Dez")
ENGLISH_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
BERLIN, PARIS, AMSTERDAM = ZoneInfo("Europe/Berlin"), ZoneInfo("Europe/Paris"), ZoneInfo("Europe/Amsterdam")
URGENT, CALL_BACK = " – “urgent”", " – Rückruf"
ALL = frozenset({"kind", "team", "resolved_at", "closed_at", "hours_logged", "priority_level"})


@dataclass(frozen=True, slots=True)
class SystemExport:
    """An export: `attributes` are those of a ticket, besides title, status and opening, that it holds.

    `categories` are those of statuses that the system does not tell apart; `title_end` stands behind every title.
    """

    name: str
    system: str
    file: str
    write: Callable[[Path, Tickets], None]
    attributes: frozenset[str] = ALL
    categories: Mapping[StatusCategory, StatusCategory] = field(default_factory=dict)
    title_end: str = ""

    def expected(self, ticket: ExportedTicket) -> dict[str, object]:
        """Return what must be stored of a ticket, by the columns of the store."""
        holds: dict[str, object] = {
            "kind": ticket.kind,
            "team": ticket.team,
            "resolved_at": ticket.resolved_at,
            "closed_at": ticket.closed_at,
            "hours_logged": ticket.minutes / 60 or None,
            "priority_level": ticket.level,
        }
        return {
            "title": ticket.title + self.title_end,
            "status_category": self.categories.get(ticket.category, ticket.category),
            "opened_at": ticket.opened_at,
        } | {name: value for name, value in holds.items() if name in self.attributes}


def _us(at: datetime | None, zone: ZoneInfo | None = None) -> str:
    """Return a time as 3/14/2026 2:04:00 PM."""
    if at is None:
        return ""
    at = at.astimezone(zone or UTC)
    return f"{at.month}/{at.day}/{at.year} {at.hour % 12 or 12}:{at:%M:%S} {'AM' if at.hour < 12 else 'PM'}"


def _jira_time(at: datetime | None, months: tuple[str, ...], zone: ZoneInfo | None = None) -> str:
    """Return a time as 14/Mar/26 2:04 PM."""
    if at is None:
        return ""
    at = at.astimezone(zone or UTC)
    half = "AM" if at.hour < 12 else "PM"
    return f"{at:%d}/{months[at.month - 1]}/{at:%y} {at.hour % 12 or 12}:{at:%M} {half}"


def _local(at: datetime | None, form: str, zone: ZoneInfo | None = None) -> str:
    return at.astimezone(zone or UTC).strftime(form) if at else ""


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}" if minutes else ""


class JiraSite(NamedTuple):
    """The words in which a Jira writes its exports; of the kinds the first is that of incidents."""

    project: str
    words: Words
    kinds: tuple[str, str]
    levels: tuple[str, ...]
    months: tuple[str, ...] = ENGLISH_MONTHS
    zone: ZoneInfo | None = None


def _jira_rows(tickets: Tickets, site: JiraSite) -> Iterator[list[Cell]]:
    for ticket in tickets:
        times = [
            _jira_time(at, site.months, site.zone) for at in (ticket.opened_at, ticket.updated_at, ticket.resolved_at)
        ]
        labels = [*ticket.labels, "", ""][:2]
        comment = f"{times[1]};agent-7;Looked at it,\nand called back." if ticket.minutes else ""
        yield [
            ticket.title, f"{site.project}-{ticket.number}", 10_000 + ticket.number,
            site.kinds[ticket.kind == "request"], site.words[ticket.category], site.project,
            site.levels[ticket.level - 1], ticket.assignee, ticket.requester, *times, *labels,
            60 * ticket.minutes or "", ticket.team, comment, "",
        ]  # fmt: skip


def _write_jira_english(path: Path, tickets: Tickets) -> None:
    header = [
        "Summary", "Issue key", "Issue id", "Issue Type", "Status", "Project key", "Priority", "Assignee", "Reporter",
        "Created", "Updated", "Resolved", "Labels", "Labels", "Time Spent", "Custom field (Team)", "Comment", "Comment",
    ]  # fmt: skip
    words: Words = {
        "new": "Open", "active": "In Progress", "waiting": "Waiting for customer", "resolved": "Resolved",
        "closed": "Closed",
    }  # fmt: skip
    kinds = ("[System] Incident", "[System] Service request")
    rows = _jira_rows(tickets, JiraSite("ITSM", words, kinds, ("Highest", "High", "Medium", "Low")))
    write_csv(path, [header, *rows])


def _write_jira_german(path: Path, tickets: Tickets) -> None:
    header = [
        "Zusammenfassung", "Vorgangsschlüssel", "Vorgangs-ID", "Vorgangstyp", "Status", "Projektschlüssel",
        "Priorität", "Zugewiesene Person", "Autor", "Erstellt", "Aktualisiert", "Erledigt", "Stichwörter",
        "Stichwörter", "Benötigte Zeit", "Benutzerdefinierte Felder (Team)", "Kommentar", "Kommentar",
    ]  # fmt: skip
    words: Words = {
        "new": "Offen", "active": "In Arbeit", "waiting": "Warten auf Kunden", "resolved": "Gelöst",
        "closed": "Geschlossen",
    }  # fmt: skip
    levels = ("Höchste", "Hoch", "Mittel", "Niedrig")
    site = JiraSite("HELP", words, ("Störung", "Serviceanfrage"), levels, GERMAN_MONTHS, BERLIN)
    write_csv(path, [header, *_jira_rows(tickets, site)], "utf-8-sig", ";")


SERVICENOW_WORDS: Words = {
    "new": "New", "active": "In Progress", "waiting": "On Hold", "resolved": "Resolved", "closed": "Closed",
}  # fmt: skip
SERVICENOW_LEVELS = ("1 - Critical", "2 - High", "3 - Moderate", "4 - Low")


def _class_name(ticket: ExportedTicket) -> str:
    return "Requested Item" if ticket.kind == "request" else "Incident"


def _write_servicenow_list(path: Path, tickets: Tickets) -> None:
    header = [
        "number", "opened_at", "short_description", "caller_id", "priority", "state", "category", "assignment_group",
        "assigned_to", "sys_updated_on", "resolved_at", "closed_at", "sys_class_name", "reopen_count",
    ]  # fmt: skip
    rows: Iterator[list[Cell]] = (
        [
            f"INC{ticket.number:07}", f"{ticket.opened_at:%Y-%m-%d %H:%M:%S}", ticket.title + URGENT,
            ticket.requester, SERVICENOW_LEVELS[ticket.level - 1], SERVICENOW_WORDS[ticket.category], "Inquiry / Help",
            ticket.team, ticket.assignee, *(
                _local(at, "%Y-%m-%d %H:%M:%S") for at in (ticket.updated_at, ticket.resolved_at, ticket.closed_at)
            ), _class_name(ticket), 0,
        ]
        for ticket in tickets
    )  # fmt: skip
    write_csv(path, _chain(header, rows), "cp1252", quote_all=True)


def _write_servicenow_workbook(path: Path, tickets: Tickets) -> None:
    header = [
        "Nummer", "Geöffnet", "Kurzbeschreibung", "Anrufer", "Priorität", "Status", "Kategorie", "Zuweisungsgruppe",
        "Zugewiesen an", "Aktualisiert", "Gelöst", "Geschlossen",
    ]  # fmt: skip
    words: Words = {
        "new": "Neu", "active": "In Bearbeitung", "waiting": "Angehalten", "resolved": "Gelöst",
        "closed": "Geschlossen",
    }  # fmt: skip
    levels = ("1 - Kritisch", "2 - Hoch", "3 - Mittel", "4 - Niedrig")

    def row(ticket: ExportedTicket) -> list[Cell]:
        times = (ticket.updated_at, ticket.resolved_at, ticket.closed_at)
        return [
            f"INC{ticket.number:07}", ticket.opened_at.astimezone(BERLIN), ticket.title, ticket.requester,
            levels[ticket.level - 1], words[ticket.category], "Anfrage", ticket.team, ticket.assignee,
            *(at.astimezone(BERLIN) if at else None for at in times),
        ]  # fmt: skip

    write_workbook(path, [header, *map(row, tickets)])


def _write_servicenow_json(path: Path, tickets: Tickets) -> None:
    def reference(name: str) -> dict[str, str]:
        return {"display_value": name, "link": f"https://example.com/api/now/table/x/{name.replace(' ', '_')}"}

    records = [
        {
            "sys_id": f"{ticket.number:032x}", "number": f"INC{ticket.number:07}", "short_description": ticket.title,
            "opened_at": _local(ticket.opened_at, "%Y-%m-%d %H:%M:%S"), "state": SERVICENOW_WORDS[ticket.category],
            "sys_updated_on": _local(ticket.updated_at, "%Y-%m-%d %H:%M:%S"),
            "resolved_at": _local(ticket.resolved_at, "%Y-%m-%d %H:%M:%S"),
            "closed_at": _local(ticket.closed_at, "%Y-%m-%d %H:%M:%S"),
            "priority": SERVICENOW_LEVELS[ticket.level - 1], "caller_id": reference(ticket.requester),
            "assignment_group": reference(ticket.team), "assigned_to": "" if ticket.category == "new" else
            reference(ticket.assignee), "sys_class_name": _class_name(ticket), "reassignment_count": "0",
        }
        for ticket in tickets
    ]  # fmt: skip
    path.write_bytes(orjson.dumps({"result": records}, option=orjson.OPT_INDENT_2))


def _write_glpi(path: Path, tickets: Tickets) -> None:
    header = [
        "ID", "Titre", "Statut", "Dernière modification", "Date d'ouverture", "Priorité", "Demandeur - Demandeur",
        "Attribué à - Technicien", "Attribué à - Groupe de techniciens", "Catégorie", "Type", "Date de résolution",
        "Date de clôture", "",
    ]  # fmt: skip
    words: Words = {
        "new": "Nouveau", "active": "En cours (Attribué)", "waiting": "En attente", "resolved": "Résolu",
        "closed": "Clos",
    }  # fmt: skip
    levels = ("Très haute", "Haute", "Moyenne", "Basse")
    form = "%d-%m-%Y %H:%M"
    rows = [
        [
            f"{ticket.number // 1000} {ticket.number % 1000:03}", ticket.title, words[ticket.category],
            _local(ticket.updated_at, form, PARIS), _local(ticket.opened_at, form, PARIS), levels[ticket.level - 1],
            ticket.requester, ticket.assignee, ticket.team, "Matériel > Poste",
            "Demande" if ticket.kind == "request" else "Incident", _local(ticket.resolved_at, form, PARIS),
            _local(ticket.closed_at, form, PARIS), "",
        ]
        for ticket in tickets
    ]  # fmt: skip
    write_csv(path, [header, *rows], "utf-8-sig", ";", quote_all=True)


def _write_zendesk(path: Path, tickets: Tickets) -> None:
    header = [
        "Id", "Requester", "Requester id", "Requester email", "Submitter", "Assignee", "Group", "Subject", "Tags",
        "Status", "Priority", "Via", "Ticket type", "Created at", "Updated at", "Assigned at", "Solved at",
        "Resolution time", "Group stations", "Reopens", "Replies",
    ]  # fmt: skip
    words: Words = {"new": "New", "active": "Open", "waiting": "Pending", "resolved": "Solved", "closed": "Closed"}
    levels = ("Urgent", "High", "Normal", "Low")
    form = "%Y-%m-%d %H:%M"

    def row(ticket: ExportedTicket) -> list[Cell]:
        spent = (ticket.resolved_at - ticket.opened_at).total_seconds() // 3600 if ticket.resolved_at else ""
        kind = "Question" if ticket.kind == "request" else "Incident"
        return [
            ticket.number, ticket.requester, 360_000 + ticket.number % 7, "someone@example.com", ticket.requester,
            ticket.assignee, ticket.team, ticket.title, " ".join(ticket.labels), words[ticket.category],
            levels[ticket.level - 1], "Mail", kind, _local(ticket.opened_at, form), _local(ticket.updated_at, form),
            _local(ticket.opened_at, form), _local(ticket.resolved_at, form), spent, 1, 0, 2,
        ]  # fmt: skip

    write_csv(path, [header, *map(row, tickets)])


def _write_freshservice(path: Path, tickets: Tickets) -> None:
    header = [
        "Ticket Id", "Subject", "Status", "Priority", "Source", "Type", "Requester Name", "Group", "Agent",
        "Created Time", "Due by Time", "Resolved Time", "Closed Time", "Last Updated Time", "Time Tracked",
        "Resolution Time (in Hrs)", "Tags", "Category",
    ]  # fmt: skip
    words: Words = {
        "new": "Open", "active": "Open", "waiting": "Pending", "resolved": "Resolved", "closed": "Closed",
    }  # fmt: skip
    levels = ("Urgent", "High", "Medium", "Low")
    rows = [
        [
            ticket.number, ticket.title, words[ticket.category], levels[ticket.level - 1], "Portal",
            "Service Request" if ticket.kind == "request" else "Incident", ticket.requester, ticket.team,
            ticket.assignee, *(_us(at) for at in (ticket.opened_at, ticket.opened_at, ticket.resolved_at)),
            _us(ticket.closed_at), _us(ticket.updated_at), _clock(ticket.minutes), "12:30:00",
            ",".join(ticket.labels), "Hardware",
        ]
        for ticket in tickets
    ]  # fmt: skip
    write_csv(path, [header, *rows])


def _write_znuny(path: Path, tickets: Tickets) -> None:
    header = [
        "Ticket#", "Alter", "Erstellt", "Geschlossen", "Erste Sperre", "Status", "Priorität", "Queue", "Sperren",
        "Besitzer", "Kundennummer", "Kundenname", "Betreff", "Zeiteinheiten", "Typ",
    ]  # fmt: skip
    words: Words = {
        "new": "neu", "active": "offen", "waiting": "warten zur Erinnerung", "resolved": "erfolgreich geschlossen",
        "closed": "erfolglos geschlossen",
    }  # fmt: skip
    levels = ("5 sehr hoch", "4 hoch", "3 normal", "2 niedrig")
    form = "%d.%m.%Y %H:%M:%S"
    rows = [
        [
            f"202601{ticket.number:08}", "3 T 4 S", _local(ticket.opened_at, form, BERLIN),
            _local(ticket.closed_at or ticket.resolved_at, form, BERLIN), _local(ticket.opened_at, form, BERLIN),
            words[ticket.category], levels[ticket.level - 1], ticket.team, "frei", ticket.assignee, "4711",
            ticket.requester, ticket.title + CALL_BACK, ticket.minutes or "",
            "Anfrage" if ticket.kind == "request" else "Störung",
        ]
        for ticket in tickets
    ]  # fmt: skip
    write_csv(path, [header, *rows], "cp1252", ";")


def _write_remedy(path: Path, tickets: Tickets) -> None:
    header = [
        "Incident ID*+", "Summary*", "Status*", "Priority*", "Incident Type*", "Assigned Group*+", "Assignee+",
        "Full Name", "Reported Date+", "Last Resolved Date", "Closed Date", "Last Modified Date",
        "Operational Categorization Tier 1+",
    ]  # fmt: skip
    words: Words = {
        "new": "New", "active": "In Progress", "waiting": "Pending", "resolved": "Resolved", "closed": "Closed",
    }  # fmt: skip
    levels = ("Critical", "High", "Medium", "Low")
    rows: list[list[Cell]] = [
        [
            f"INC{ticket.number:012}", ticket.title, words[ticket.category], levels[ticket.level - 1],
            "User Service Request" if ticket.kind == "request" else "User Service Restoration", ticket.team,
            ticket.assignee, ticket.requester,
            *(_us(at) for at in (ticket.opened_at, ticket.resolved_at, ticket.closed_at, ticket.updated_at)), "Repair",
        ]
        for ticket in tickets
    ]  # fmt: skip
    titles: list[list[Cell]] = [["Incidents by group"], ["Period: first half of 2026"], []]
    write_csv(path, [*titles, header, *rows, ["Total", str(len(rows))]])


def _write_topdesk(path: Path, tickets: Tickets) -> None:
    header = [
        "Meldingnummer", "Soort melding", "Korte omschrijving (Details)", "Naam aanmelder", "Behandelaarsgroep",
        "Behandelaar", "Status", "Prioriteit", "Categorie", "Datum aangemeld", "Datum gereed", "Datum afgemeld",
        "Datum gewijzigd", "Bestede tijd",
    ]  # fmt: skip
    words: Words = {
        "new": "Aangemeld", "active": "In behandeling", "waiting": "Wacht op gebruiker", "resolved": "Gereed",
        "closed": "Afgemeld",
    }  # fmt: skip
    form = "%d-%m-%Y %H:%M"
    rows = [
        [
            f"M26 {ticket.number:05}", "Aanvraag" if ticket.kind == "request" else "Storing", ticket.title,
            ticket.requester, ticket.team, ticket.assignee, words[ticket.category], f"P{ticket.level}", "Hardware",
            _local(ticket.opened_at, form, AMSTERDAM), _local(ticket.resolved_at, form, AMSTERDAM),
            _local(ticket.closed_at, form, AMSTERDAM), _local(ticket.updated_at, form, AMSTERDAM),
            _clock(ticket.minutes),
        ]
        for ticket in tickets
    ]  # fmt: skip
    write_csv(path, [header, *rows], "utf-16", "\t")


def _write_azure(path: Path, tickets: Tickets) -> None:
    header = [
        "ID", "Work Item Type", "Title", "Assigned To", "State", "Tags", "Created Date", "Created By", "Changed Date",
        "Resolved Date", "Closed Date", "Area Path", "Priority", "Completed Work",
    ]  # fmt: skip
    words: Words = {
        "new": "New", "active": "Active", "waiting": "On Hold", "resolved": "Resolved", "closed": "Closed",
    }  # fmt: skip
    rows = [
        [
            ticket.number, "Request" if ticket.kind == "request" else "Incident", ticket.title,
            f"{ticket.assignee} <agent@example.com>", words[ticket.category], "; ".join(ticket.labels),
            _us(ticket.opened_at), f"{ticket.requester} <user@example.com>", _us(ticket.updated_at),
            _us(ticket.resolved_at), _us(ticket.closed_at), ticket.team, ticket.level,
            f"{ticket.minutes / 60:g}" if ticket.minutes else "",
        ]
        for ticket in tickets
    ]  # fmt: skip
    write_csv(path, [header, *rows], "utf-8-sig")


def _chain(header: list[Cell] | list[str], rows: Iterable[list[Cell]]) -> Iterator[list[Cell]]:
    yield list(header)
    yield from rows


EXPORTS = (
    SystemExport("jira-english", "jira", "issues.csv", _write_jira_english, ALL - {"closed_at"}),
    SystemExport("jira-german", "jira", "vorgaenge.csv", _write_jira_german, ALL - {"closed_at"}),
    SystemExport(
        "servicenow-list",
        "servicenow",
        "incident.csv",
        _write_servicenow_list,
        ALL - {"hours_logged"},
        title_end=URGENT,
    ),
    SystemExport(
        "servicenow-workbook", "servicenow", "incident.xlsx", _write_servicenow_workbook, ALL - {"hours_logged", "kind"}
    ),
    SystemExport("servicenow-json", "servicenow", "incident.json", _write_servicenow_json, ALL - {"hours_logged"}),
    SystemExport("glpi", "glpi", "glpi.csv", _write_glpi, ALL - {"hours_logged"}),
    SystemExport("zendesk", "zendesk", "tickets.csv", _write_zendesk, ALL - {"closed_at", "hours_logged"}),
    SystemExport(
        "freshservice", "freshservice", "tickets-export.csv", _write_freshservice, categories={"active": "new"}
    ),
    SystemExport(
        "znuny",
        "otrs",
        "ticket_search.csv",
        _write_znuny,
        ALL - {"resolved_at", "closed_at"},
        {"resolved": "closed"},
        CALL_BACK,
    ),
    SystemExport("remedy", "remedy", "helix.csv", _write_remedy, ALL - {"hours_logged"}),
    SystemExport("topdesk", "topdesk", "meldingen.csv", _write_topdesk),
    SystemExport("azure-devops", "azure-devops", "query.csv", _write_azure),
)
"""Five in other languages than English; three in other encodings than UTF-8."""
