"""The organisation of the simulated company: teams, people, services and their machines."""

from dataclasses import dataclass, replace
from random import Random


@dataclass(frozen=True, slots=True)
class Team:
    """A group of people that tickets are assigned to; `provider` is the company it belongs to, if not our own."""

    name: str
    people: tuple[str, ...]
    provider: str | None = None

    def pick(self, rng: Random, service: str) -> str:
        """Return somebody who works on this service."""
        # Few people do most of the work of a service, others the rest: what the analysis of dependency has to see.
        first = sum(service.encode()) % len(self.people)
        ranked = self.people[first:] + self.people[:first]
        return rng.choices(ranked, weights=[1 / (rank + 1) ** 1.3 for rank in range(len(ranked))])[0]


@dataclass(frozen=True, slots=True)
class Service:
    """A service that the business uses; `hosts` is the prefix of its numbered machines."""

    name: str
    team: str
    category: str
    hosts: str


def _code(number: int) -> str:
    return f"p-{number:04}"


def _team(name: str, first: int, size: int, provider: str | None = None) -> Team:
    return Team(name, tuple(_code(number) for number in range(first, first + size)), provider)


SERVICE_DESK = "Service Desk"
PROVIDER = "Northwind Services"

TEAMS = {
    team.name: team
    for team in (
        _team(SERVICE_DESK, 1, 12),
        _team("Network", 21, 7),
        _team("Workplace", 41, 9),
        _team("Applications", 61, 10),
        _team("Database", 81, 5),
        _team(PROVIDER, 101, 8, PROVIDER),
    )
}

NEW_NAMES = {
    SERVICE_DESK: "Digital Front Desk",
    "Network": "Connectivity",
    "Workplace": "Employee Devices",
    "Applications": "Business Platforms",
    "Database": "Data Operations",
}
"""The names of teams after a re-organisation; the people stay."""

TEAMS |= {new: replace(TEAMS[old], name=new) for old, new in NEW_NAMES.items()}

SERVICES = {
    service.name: service
    for service in (
        Service("Mail", "Workplace", "software", "mail"),
        Service("Remote Access VPN", "Network", "network", "vpn-gw"),
        Service("Network Access", "Network", "network", "sw"),
        Service("ERP", "Applications", "software", "erp-app"),
        Service("CRM", "Applications", "software", "crm-app"),
        Service("Customer Portal", "Applications", "software", "portal"),
        Service("Intranet", "Applications", "software", "intra"),
        Service("Single Sign-On", "Applications", "software", "sso"),
        Service("Data Warehouse", "Database", "database", "dwh"),
        Service("File Share", PROVIDER, "hardware", "fs"),
        Service("Telephony", PROVIDER, "hardware", "tel"),
        Service("Printing", "Workplace", "hardware", "prn"),
        Service("Workplace Devices", "Workplace", "hardware", "pc"),
        Service("Office Tools", "Workplace", "software", "ot"),
        Service("Meeting Rooms", "Workplace", "hardware", "room"),
    )
}

REQUESTERS = tuple(_code(number) for number in range(1000, 1900))
MONITORING = "p-9001"
AUTOMATION = "p-9002"
_MEMBERS = dict.fromkeys(person for team in TEAMS.values() for person in team.people)
PEOPLE = (*_MEMBERS, *REQUESTERS, MONITORING, AUTOMATION)
HOSTS_PER_SERVICE = 9
HOSTS = tuple(
    f"{service.hosts}-{number:02}" for service in SERVICES.values() for number in range(1, HOSTS_PER_SERVICE + 1)
)
