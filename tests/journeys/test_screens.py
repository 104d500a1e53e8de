"""The screens in a real browser, over the running demonstration."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
WEBGL = ["--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"]
PERSON = "Grace Okafor"
"""Fleet manager; reads English."""
START_S = 240.0
PATIENCE_MS = 60_000
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


@dataclass
class Visit:
    """A browser, and the link by which the person signs in."""

    browser: Browser
    link: str

    @property
    def portal(self) -> str:
        return self.link.partition("/dev/")[0]

    def context(self, *, width: int = 1280, theme: str = "light", bypass_csp: bool = False) -> BrowserContext:
        context = self.browser.new_context(
            viewport={"width": width, "height": 844},
            color_scheme="dark" if theme == "dark" else "light",
            bypass_csp=bypass_csp,
            locale="en-GB",
        )
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        page.goto(self.link)
        page.close()
        return context


@pytest.fixture(scope="module")
def visit() -> Iterator[Visit]:
    folder = Path(tempfile.mkdtemp(prefix="kolonne-screens-", dir="/tmp"))
    folder.chmod(0o711)
    environ = {key: value for key, value in os.environ.items() if not key.startswith("KOLONNE_")}
    environ |= {"KOLONNE_DATA": str(folder / "data"), "KOLONNE_PORT": "0"}
    environ |= {"KOLONNE_MQTT_PORT": "0", "KOLONNE_NATS_PORT": "0"}
    printed = folder / "printed.txt"
    with printed.open("wb") as output:
        demo = subprocess.Popen([sys.executable, "-m", "kolonne", "demo"], stdout=output, stderr=output, env=environ)
    try:
        link = _link(demo, printed)
        with sync_playwright() as playwright:
            sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
            chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=[*sandbox, *WEBGL])
            yield Visit(chromium, link)
            chromium.close()
    finally:
        demo.terminate()
        demo.wait(timeout=120)
        shutil.rmtree(folder, ignore_errors=True)


def _link(demo: "subprocess.Popen[bytes]", printed: Path) -> str:
    until = time.monotonic() + START_S
    while time.monotonic() < until and demo.poll() is None:
        text = printed.read_text(encoding="utf-8")
        found = re.search(PERSON + r".*\n.*?(http://\S+/dev/sign-in/\S+)", text)
        if found and "the next start continues" in text:
            return found[1]
        time.sleep(0.2)
    pytest.fail("the demonstration did not start:\n" + printed.read_text(encoding="utf-8")[-3000:], pytrace=False)


def _complaints(page: Page) -> list[str]:
    """What the browser complains about from now on; a policy that is violated is among it."""
    found: list[str] = []
    page.on("pageerror", lambda error: found.append(str(error)))
    page.on("console", lambda message: found.append(message.text) if message.type in {"error", "warning"} else None)
    return found


def _standing_van(page: Page) -> int:
    """A parked van with a state of its locks, as pages are told."""
    return int(
        page.evaluate(
            """async () => {
                for (;;) {
                    const { vans } = await (await fetch("/api/v1/live/snapshot")).json();
                    const parked = vans.find((van) => van.signals.locked && van.signals.speed?.[0] === 0
                        && van.signals.ignition?.[0] !== "ON" && Object.keys(van.signals).length > 20);
                    if (parked) return parked.id;
                    await new Promise((done) => setTimeout(done, 500));
                }
            }"""
        )
    )


def test_the_map_is_live_and_nothing_is_complained_about(visit: Visit) -> None:
    """FT-01: counts, rows, search, a chosen van, and the list in place of the mouse."""
    context = visit.context()
    page = context.new_page()
    complaints = _complaints(page)
    page.goto(visit.portal + "/")
    expect(page.locator('[data-state=""] b')).to_have_text("18")
    expect(page.locator('[data-state="moving"] b')).not_to_have_text("0")
    page.locator("#van-list").focus()
    page.keyboard.press("Home")
    expect(page.locator(".f-card")).to_be_visible()
    plate = page.locator(".f-card .k-plate").inner_text()
    page.keyboard.press("Escape")
    expect(page.locator(".f-card")).to_have_count(0)
    page.keyboard.press("/")
    page.keyboard.type(plate)
    expect(page.locator(".f-row")).to_have_count(1)
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    page.wait_for_url("**/vans/*/")
    expect(page.locator("h1 + .v-chips .k-chip").first).to_be_visible()
    expect(page.locator(".k-page-head .k-plate")).to_have_text(plate)
    assert complaints == []
    context.close()


def test_a_click_on_lock_reaches_done_and_the_drawing_shows_it(visit: Visit) -> None:
    """CD-02, FT-02."""
    context = visit.context()
    page = context.new_page()
    page.goto(visit.portal + "/vans/")
    page.goto(f"{visit.portal}/vans/{_standing_van(page)}/")
    expect(page.locator(".v-part").first).to_be_visible()
    page.get_by_role("button", name="Lock", exact=True).click()
    expect(page.locator(".c-command").first.locator(".c-step.is-done")).to_be_visible(timeout=PATIENCE_MS)
    expect(page.locator('.v-part[data-part="locked"]')).to_have_class(re.compile("is-locked"), timeout=PATIENCE_MS)
    context.close()


def test_two_tabs_share_one_stream(visit: Visit) -> None:
    """Browsers allow six connections per host: a stream per tab would stop the seventh tab."""
    context = visit.context()
    streams: list[str] = []
    context.on("request", lambda request: streams.append(request.url) if request.url.endswith("/live") else None)
    first, second = context.new_page(), context.new_page()
    for page in (first, second):
        page.goto(visit.portal + "/")
        expect(page.locator('[data-state=""] b')).to_have_text("18")
    assert len(streams) == 1
    first.close()
    with context.expect_event("request", lambda request: request.url.endswith("/live"), timeout=PATIENCE_MS):
        second.wait_for_timeout(100)
    context.close()


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_everybody_can_use_it(width: int, theme: str, visit: Visit) -> None:
    """NF-02: axe finds nothing against WCAG 2.2 AA."""
    axe = (ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
    context = visit.context(width=width, theme=theme, bypass_csp=True)
    page = context.new_page()
    found = []
    for path in ("/", "/vans/", "/vans/3/", "/profile/pin/", "/status/", "/nothing/"):
        page.goto(visit.portal + path)
        if path in {"/", "/vans/3/"}:
            expect(page.locator("[data-id], .v-part").first).to_be_visible()
        page.evaluate(axe)
        answer = page.evaluate("rules => axe.run(document, { runOnly: rules })", RULES)
        found += [f"{path} {rule['id']}: {node['target']}" for rule in answer["violations"] for node in rule["nodes"]]
    assert found == []
    context.close()
