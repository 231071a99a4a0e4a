"""The page in Chromium, as a phone and a desk show it, in light and in dark.

Chromium and its driver are Debian's packages `chromium` and `chromium-driver`; neither downloads
anything.
"""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from harness.warehouse import Warehouse
from tests.page.document import Document
from tests.page.test_style import DARK, LIGHT

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--hide-scrollbars",
)
VIEWS = [(width, scheme) for width in (390, 1280) for scheme in ("light", "dark")]
QUERIES = {
    "people": "SELECT count(*) FROM analytics.dim_users",
    "in_both": "SELECT count(*) FROM analytics.dim_users WHERE in_continu AND in_coursebase",
    "completions": "SELECT count(*) FROM analytics.fct_completions",
    "assignments": "SELECT count(*) FROM analytics.fct_assignments WHERE NOT is_removed",
    "completion_rate": "SELECT avg(is_completed::int) FROM analytics.fct_assignments"
    " WHERE NOT is_removed",
    "overdue": "SELECT sum(overdue) FROM analytics.overdue_by_manager",
    "at_risk": "SELECT count(*) FROM analytics.learners_at_risk",
    "compliance": "SELECT compliance_rate FROM analytics.compliance_by_day"
    " WHERE department = '(all)' ORDER BY day DESC LIMIT 1",
}
pytestmark = pytest.mark.skipif(
    CHROMIUM is None or DRIVER is None,
    reason="no chromium and chromedriver: install Debian's chromium and chromium-driver",
)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    options = Options()
    options.binary_location = str(CHROMIUM)
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('chromium')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = Chrome(options=options, service=Service(str(DRIVER)))
    try:
        yield driver
    finally:
        driver.quit()


@pytest.fixture(params=VIEWS, ids=[f"{width}-{scheme}" for width, scheme in VIEWS])
def shown(request: pytest.FixtureRequest, browser: Chrome, page: Path) -> Chrome:
    """The page, shown anew."""
    width, scheme = request.param
    show(browser, page, width, scheme)
    return browser


def show(browser: Chrome, page: Path, width: int, scheme: str) -> None:
    for kind in ("browser", "performance"):
        log(browser, kind)
    size = {"width": width, "height": 844, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    feature = {"name": "prefers-color-scheme", "value": scheme}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
    browser.get(page.as_uri())


def asked(browser: Chrome) -> set[str]:
    """Return the addresses that were asked for since the page was opened."""
    told = [json.loads(one["message"])["message"] for one in log(browser, "performance")]
    sent = [one["params"] for one in told if one["method"] == "Network.requestWillBeSent"]
    return {one["request"]["url"] for one in sent}


def log(browser: Chrome, kind: str) -> list[dict[str, Any]]:
    """Return what was logged since the last time."""
    entries: list[dict[str, Any]] = browser.get_log(kind)  # type: ignore[no-untyped-call]
    return entries


def rgb(colour: str) -> str:
    """Write a colour as a browser does."""
    return "rgb({}, {}, {})".format(*bytes.fromhex(colour.removeprefix("#")))


def open_all(browser: Chrome) -> None:
    browser.execute_script("document.querySelectorAll('details').forEach(one => one.open = true)")


def test_nothing_is_wider_than_the_window(shown: Chrome) -> None:
    for _ in range(2):
        wide = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert shown.execute_script(wide) <= 0
        cut = shown.execute_script(
            "return [...document.querySelectorAll('body *')].filter(one =>"
            " !one.closest('.unseen') && one.getBoundingClientRect().right > innerWidth + 1)"
            ".map(one => `${one.tagName} ${one.textContent.slice(0, 80)}`)"
        )
        assert cut == []
        open_all(shown)


def test_nothing_is_asked_of_the_network_and_nothing_goes_wrong(shown: Chrome, page: Path) -> None:
    open_all(shown)
    assert asked(shown) - {"data:,"} == {page.as_uri()}
    assert log(shown, "browser") == []


def test_every_headline_is_what_a_query_gives(shown: Chrome, database: Warehouse) -> None:
    with psycopg.connect(database.dsn) as connection:
        for answer, query in QUERIES.items():
            row = connection.execute(query.encode()).fetchone()
            assert row is not None
            (element,) = shown.find_elements(By.CSS_SELECTOR, f"dd[data-answer={answer}]")
            assert element.is_displayed()
            value = element.get_attribute("data-value")
            assert value is not None
            assert float(value) == pytest.approx(float(row[0]), abs=1e-12), answer
            is_share = answer in {"completion_rate", "compliance"}
            shown_as = f"{float(row[0]) * 100:.0f}%" if is_share else f"{row[0]:,}"
            assert element.text == shown_as


def test_the_keyboard_reaches_everything_and_opens_every_table(shown: Chrome) -> None:
    summaries = len(shown.find_elements(By.TAG_NAME, "summary"))
    links = len(shown.find_elements(By.CSS_SELECTOR, "a"))
    reached: list[str] = []
    for _ in range(summaries + links):
        ActionChains(shown).send_keys(Keys.TAB).perform()
        focused = shown.switch_to.active_element
        assert focused.is_displayed()
        outline = shown.execute_script(
            "return getComputedStyle(document.activeElement).outlineStyle"
        )
        assert outline == "solid"
        reached.append(focused.tag_name)
        if focused.tag_name == "summary":
            ActionChains(shown).send_keys(Keys.ENTER).perform()
    assert reached == ["a"] * links + ["summary"] * summaries
    assert len(shown.find_elements(By.CSS_SELECTOR, "details[open]")) == summaries


def test_the_skip_link_is_seen_when_it_is_reached(shown: Chrome) -> None:
    ActionChains(shown).send_keys(Keys.TAB).perform()
    assert shown.execute_script("return document.activeElement.getBoundingClientRect().top") >= 0
    ActionChains(shown).send_keys(Keys.ENTER).perform()
    assert shown.execute_script("return document.activeElement.tagName") == "MAIN"


def test_one_picture_of_two_is_shown_and_its_texts_can_be_read(shown: Chrome) -> None:
    """No text is smaller than 11 pixels, and each has a colour of the scheme."""
    told: list[dict[str, Any]] = shown.execute_script(
        "return [...document.querySelectorAll('figure .chart')].map(chart => {"
        " const seen = [...chart.querySelectorAll('svg')].filter(one => one.checkVisibility());"
        " return {seen: seen.length, texts: seen.flatMap(one => [...one.querySelectorAll('text')]"
        "  .filter(text => text.textContent.trim())"
        "  .map(text => ({size: parseFloat(getComputedStyle(text).fontSize)"
        "    * one.getBoundingClientRect().width / one.viewBox.baseVal.width,"
        "   fill: getComputedStyle(text).fill})))}})"
    )
    is_dark = shown.execute_script("return matchMedia('(prefers-color-scheme: dark)').matches")
    colours = {rgb(one) for one in (DARK if is_dark else LIGHT).values()}
    assert len(told) == 10
    for chart in told:
        assert chart["seen"] == 1
        assert chart["texts"]
        assert min(text["size"] for text in chart["texts"]) >= 11
        assert {text["fill"] for text in chart["texts"]} <= colours


def test_colours_follow_the_scheme(browser: Chrome, page: Path) -> None:
    paper = "return getComputedStyle(document.documentElement).backgroundColor"
    fill = (
        "return [...document.querySelectorAll('#coverage .narrow text')]"
        ".map(one => getComputedStyle(one).fill)[0]"
    )
    seen = []
    for scheme in ("light", "dark"):
        show(browser, page, 390, scheme)
        seen.append((browser.execute_script(paper), browser.execute_script(fill)))
    light, dark = seen
    assert light == (rgb(LIGHT["paper"]), rgb(LIGHT["on-seq-2"]))
    assert dark == (rgb(DARK["paper"]), rgb(DARK["on-seq-2"]))


def test_on_paper_all_tables_are_open_and_nothing_is_dark(
    browser: Chrome, page: Path, document: Document, tmp_path: Path
) -> None:
    show(browser, page, 390, "dark")
    browser.execute_cdp_cmd(
        "Emulation.setEmulatedMedia",
        {"media": "print", "features": [{"name": "prefers-color-scheme", "value": "dark"}]},
    )
    try:
        paper = "return getComputedStyle(document.documentElement).backgroundColor"
        assert browser.execute_script(paper) == "rgb(255, 255, 255)"
        heights = browser.execute_script(
            "return [...document.querySelectorAll('table')]"
            ".map(one => one.getBoundingClientRect().height)"
        )
        assert len(heights) == len(document.all("table"))
        assert min(heights) > 20
        printed = browser.execute_cdp_cmd("Page.printToPDF", {"printBackground": False})
        assert base64.b64decode(printed["data"]).startswith(b"%PDF")
    finally:
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
