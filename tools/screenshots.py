"""Takes pictures of the running demonstration: those of the README into `docs/pictures`, all others into `build/`.

Starts a demonstration in a data directory of its own, waits until vans have moved, and signs in as somebody who reads
English, then as a helper of the market. Arguments go to `kolonne demo`.
"""

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from kolonne.supervisor import scratch

ROOT = Path(__file__).resolve().parent.parent
SHOWN, ALL = ROOT / "docs" / "pictures", ROOT / "build" / "screenshots"
SIZES = {"phone": (390, 844), "desk": (1280, 800), "wide": (1920, 1080)}
IN_THE_README = ("fleet-desk", "vehicle-desk", "fleet-phone")
PERSON = "Grace Okafor"
HELPER = "Nora Lunde"
WARM_UP_S = 45
"""Some vans should have stopped, some charged, and each has a trail."""
START_S = 120
DRAW_MS = 60_000
"""A machine without a graphics card draws slowly."""


@contextlib.contextmanager
def demonstration() -> Iterator[dict[str, str]]:
    """The links by which PERSON and HELPER sign in."""
    data = scratch.make()
    log = data / "demo.log"
    with log.open("wb") as output:
        running = subprocess.Popen(
            [sys.executable, "-m", "kolonne", "demo", *sys.argv[1:]], stdout=output, stderr=output
        )
    try:
        wait_until_ready(data, running)
        time.sleep(WARM_UP_S)
        yield {name: link_of(name, log.read_text()) for name in (PERSON, HELPER)}
    finally:
        running.terminate()
        running.wait(timeout=60)
        shutil.rmtree(data, ignore_errors=True)


def link_of(person: str, log: str) -> str:
    link = re.search(person + r".*\n.*(https?://\S+/dev/sign-in/\S+)", log)
    if link is None:
        sys.exit(f"the demonstration printed no sign-in link of {person}:\n" + log[-2000:])
    return link.group(1)


def wait_until_ready(data: Path, running: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and running.poll() is None:
        with contextlib.suppress(OSError, ValueError):
            if json.loads((data / "status.json").read_text())["ready"]:
                return
        time.sleep(0.1)
    sys.exit("the demonstration did not start:\n" + (data / "demo.log").read_text()[-2000:])


def take(page: Page, name: str, scheme: str) -> None:
    """Waits until the map has drawn its roads and vans, then takes the picture."""
    if page.locator(".f-map").count():
        page.locator(".f-map[data-drawn]").wait_for(state="attached", timeout=DRAW_MS)
    page.wait_for_timeout(3000)
    folder = SHOWN if name in IN_THE_README else ALL
    folder.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=folder / f"{name.removesuffix('-desk')}-{scheme}.png")
    print(f"{name} {scheme}")


def tour(browser: Browser, links: dict[str, str], size: str, scheme: str) -> None:
    """The pages of a fleet manager, then those of a helper, in one size and one colour scheme."""
    portal = links[PERSON].split("/dev/", maxsplit=1)[0]
    page = open_page(browser, size, scheme)
    page.goto(portal + "/accounts/login/")
    take(page, f"sign-in-{size}", scheme)
    page.goto(links[PERSON])
    for name, path in (
        ("fleet", "/"), ("vehicles", "/vans/"), ("products", "/products/"), ("services", "/contracts/"),
        ("status", "/status/"), ("profile", "/account/"), ("security", "/accounts/2fa/"),
    ):  # fmt: skip
        page.goto(portal + path)
        if name == "fleet" and size != "phone":
            page.locator(".f-row:has(.k-mark-moving)").nth(1).click()
        take(page, f"{name}-{size}", scheme)
    page.goto(portal + "/vans/?state=alert")
    page.locator("a.k-plate").first.click()
    take(page, f"vehicle-{size}", scheme)
    page.context.close()
    tour_of_a_helper(browser, links[HELPER], size, scheme)


def tour_of_a_helper(browser: Browser, link: str, size: str, scheme: str) -> None:
    page = open_page(browser, size, scheme)
    page.goto(link)
    portal = link.split("/dev/", maxsplit=1)[0]
    for name, path in (("people", "/people/"), ("requests", "/requests/"), ("organisations", "/organisations/")):
        page.goto(portal + path)
        take(page, f"{name}-{size}", scheme)
    page.goto(portal + "/people/?q=berit")
    page.locator("a[href^='/people/']", has_text="Berit").first.click()
    take(page, f"person-{size}", scheme)
    page.context.close()


def open_page(browser: Browser, size: str, scheme: str) -> Page:
    width, height = SIZES[size]
    viewport = {"width": width, "height": height}
    context = browser.new_context(viewport=viewport, color_scheme=scheme, locale="en-GB", timezone_id="Europe/Oslo")
    return context.new_page()


def main() -> None:
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("Chromium is not installed: install the package chromium first")
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    webgl = ["--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"]
    with demonstration() as links, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=[*sandbox, *webgl])
        for size in SIZES:
            for scheme in ("light", "dark"):
                tour(browser, links, size, scheme)
        browser.close()


if __name__ == "__main__":
    main()
