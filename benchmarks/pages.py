"""Response times of pages, in a small store and in a large one.

python -m benchmarks.pages [SMALL LARGE]: copies of the replay's ServiceNow tickets, 2 and 80 by default.
Needs the replay bench.
"""

import asyncio
import sys
import tempfile
import time
from pathlib import Path
from statistics import median, quantiles

import httpx

from benchmarks import bench, product
from config.settings import Settings
from service.monitoring.health import Readiness
from service.pipeline.analyst import Analyst
from service.store.database import Database
from service.store.queries.scopes import Scope
from service.web.server import application
from service.web.website import open_website

AS_OF = "2016-06-01"
ROUNDS = 30
SCALES = ("2", "80")
PAGES = (
    "/", "/cycles", "/cycles?sort=gap&page=2", "/cycles/{cycle}", "/loops", "/trends", "/trends?grain=day", "/teams",
    "/review", "/review?list=contradiction", "/words", "/sources", "/definitions", "/tickets?about=repeat_share",
    "/tickets?about=endless_share", "/tickets?about=backlog", "/?weeks=52", "/loops?weeks=52",
    "/api/v1/metrics", "/api/v1/cycles", "/api/v1/tickets?about=repeat_share",
)  # fmt: skip


def measure(scale: str) -> dict[str, list[float]]:
    """Return the seconds of each request by page, in a store of `scale` copies, in the order of the requests."""
    with tempfile.TemporaryDirectory() as directory:
        url = f"sqlite:///{Path(directory) / 'treadmill.db'}"
        with bench.running("--scale", scale) as port:
            product.sync("servicenow", port, url)
            analysed = product.analyse(url, AS_OF, rebuild=True)
        print(f"{scale} copies: {analysed.tickets:,} tickets")
        return asyncio.run(_request_pages(url))


async def _request_pages(url: str) -> dict[str, list[float]]:
    site = open_website(Analyst(Database(url), Settings(hourly_rate=80, currency="EUR")), Readiness)
    begun = time.perf_counter()
    site.reporter.prepare(Scope())
    # Reported apart: in operation the worker computes it after each analysis, and no page waits for it.
    print(f"the report on everything was made in {time.perf_counter() - begun:.2f} s")
    transport = httpx.ASGITransport(application(site, lambda: None))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        cycles = (await client.get("/api/v1/cycles")).json()["cycles"]
        seconds = {}
        for page in PAGES:
            path = page.format(cycle=cycles[0]["id"] if cycles else "")
            seconds[page] = [await _timed(client, path) for _ in range(1 + ROUNDS)]
        return seconds


async def _timed(client: httpx.AsyncClient, path: str) -> float:
    begun = time.perf_counter()
    response = await client.get(path)
    assert response.status_code == 200, f"{path}: {response.status_code}"
    return time.perf_counter() - begun


def main() -> None:
    """Print for each store the first time, and the median and 95th percentile of the others, in milliseconds."""
    for scale in sys.argv[1:] or SCALES:
        for page, (first, *seconds) in measure(scale).items():
            times = f"median {median(seconds) * 1000:6.1f} ms, 95 % {quantiles(seconds, n=20)[-1] * 1000:6.1f} ms"
            print(f"  {page:<36} first {first * 1000:8.1f} ms, {times}")


if __name__ == "__main__":
    main()
