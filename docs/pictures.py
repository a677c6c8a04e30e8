"""Take the pictures of the documents from the demo, in Chromium: python docs/pictures.py."""

import re
import subprocess
import sys
from pathlib import Path
from time import sleep

from playwright.sync_api import Error, Page, sync_playwright

PICTURES = Path(__file__).parent / "pictures"
CHROMIUM = "/usr/bin/chromium"
WIDTH, HEIGHT = 1280, 800
SECONDS_TO_START = 60
ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+")


def main() -> None:
    """Start the demo, take a picture of each page that the documents show, and end the demo."""
    PICTURES.mkdir(exist_ok=True)
    treadmill = Path(sys.executable).with_name("treadmill")
    demo = subprocess.Popen([str(treadmill), "demo"], stdout=subprocess.PIPE, text=True)
    try:
        _take_all(_address(demo))
    finally:
        demo.terminate()
        demo.wait()


def _address(demo: subprocess.Popen[str]) -> str:
    for line in demo.stdout or ():
        if match := ADDRESS.search(line):
            return match[0]
    raise RuntimeError("the demo named no address")


def _take_all(address: str) -> None:
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM)
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, device_scale_factor=1)
        _open(page, address)
        _take(page, "overview", 1000)
        page.goto(f"{address}/cycles?fix=did+not+hold")
        page.click("tbody th a")
        _take(page, "cycle", 1000)
        for name in ("loops", "teams"):
            page.goto(f"{address}/{name}")
            _take(page, name, HEIGHT)
        browser.close()


def _open(page: Page, address: str) -> None:
    """Open the first page, for which a busy machine may need some seconds. Raises Error where none comes."""
    for _ in range(SECONDS_TO_START):
        try:
            page.goto(address)
        except Error:
            sleep(1)
        else:
            return
    page.goto(address)


def _take(page: Page, name: str, height: int) -> None:
    page.wait_for_load_state("networkidle")
    clip = {"x": 0, "y": 0, "width": WIDTH, "height": height}
    page.screenshot(path=PICTURES / f"{name}.png", clip=clip, full_page=True, animations="disabled")


if __name__ == "__main__":
    main()
