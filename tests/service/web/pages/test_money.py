"""Money on pages: one basis everywhere, named where an amount stands."""

from config.settings import Settings
from service.monitoring.health import Readiness
from service.pipeline.analyst import Analyst
from service.web.server import application
from service.web.website import open_website
from tests.service.pipeline.world import World
from tests.service.web.browser import Browser

RATE, COST = "their hours at EUR 80.00 an hour", "EUR 50,000 a month times their share of all work"
NOT_USED = f"{COST}; the hourly rate is set too, but not used: hours can be estimates"


def pages(world: World, settings: Settings) -> dict[str, str]:
    """Return the pages that show money, in plain spaces."""
    site = open_website(Analyst(world.database, settings), Readiness)
    browser = Browser(application(site, lambda: None))
    addresses = ("/", "/cycles", f"/cycles/{world.family('m1').name}", "/teams")
    return {address: browser.get(address).text.replace("\N{NO-BREAK SPACE}", " ") for address in addresses}


def test_every_page_with_money_names_its_basis_and_the_price_that_is_not_used(world: World) -> None:
    both = pages(world, Settings(hourly_rate=80, support_cost=50_000, currency="EUR"))
    assert {address: NOT_USED in text and "an hour" not in text for address, text in both.items()} == dict.fromkeys(
        both, True
    )
    by_hours = pages(world, Settings(hourly_rate=80, currency="EUR"))
    assert {
        address: RATE in text.replace("Their", "their") and COST not in text for address, text in by_hours.items()
    } == dict.fromkeys(by_hours, True)


def test_without_prices_no_page_speaks_of_money(world: World) -> None:
    for address, text in pages(world, Settings()).items():
        assert (address, "Cost of repeats" in text, "EUR" in text) == (address, False, False)
