import pytest

from service.report.figure import figure, interval, local, moment, money, name


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (0.4031, "share of hours", "40.3 %"), (1239.4, "hours", "1,239 h"), (9.94, "hours", "9.9 h"),
        (10.14, "days", "10.1 d"), (0.389, "per ticket", "0.39"), (24.0, "tickets", "24"), (None, "share", "–"),
    ],
)  # fmt: skip
def test_a_number_has_its_unit(value: float | None, unit: str, shown: str) -> None:
    assert figure(value, unit) == shown


@pytest.mark.parametrize(
    ("low", "high", "shown"),
    [(0.1, 0.2, "10.0 % to 20.0 %"), (0.1, None, "10.0 % or more"), (None, 0.2, "20.0 % or less"), (None, None, "")],
)
def test_an_interval_may_be_open(low: float | None, high: float | None, shown: str) -> None:
    assert interval({"low": low, "high": high, "unit": "share"}) == shown


def test_names_instants_and_money() -> None:
    assert name("repeat_hours_share") == "Repeat hours share"
    assert name("mtbf") == "MTBF"
    assert name("sla_breach_rate") == "SLA breach rate"
    assert moment("2026-04-05T22:30:00+00:00", "Europe/Paris") == "6 April 2026, 00:30"
    assert moment(None, "UTC") == "–"
    assert local("2026-04-05T22:30:00+00:00", "Europe/Paris") == "6 April 2026"
    assert money(86700.4, {"hourly_rate": 80, "currency": "EUR"}) == "EUR 86,700"
    assert money(1.0, {"hourly_rate": 80, "currency": ""}) == "1"
    assert money(1.0, None) == money(None, {"currency": "EUR"}) == ""
