from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlparse

import pytest

from limner.pipeline.workspace import Workspace
from limner.tags.audience import count
from tests.web.browsing import Tab, chromium, expect, served
from tests.web.shop import SCRIPT, WALL

pytestmark = pytest.mark.browser

PAGES = [
    "/", "/tags/lapse", "/tags/shopper", "/people", "/people/007", f"/people/{quote(SCRIPT, safe='')}", "/audiences",
    "/audiences/save_now", "/audiences/save_now?people=1",
    "/build", "/build?mode=text", "/build?tag.lapse=high&tag.lapse=medium&holdout=10",
    "/report?where=lapse.tier+%3D+'high'", "/runs", "/api",
]  # fmt: skip
CHOSEN = "lapse.tier in ('high', 'medium') and shopper = 'champion'"


@pytest.fixture(scope="module")
def address(workspace: Workspace) -> Iterator[str]:
    with served(workspace) as found:
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as found:
        yield found


@pytest.fixture
def tab(browser: Any, address: str) -> Iterator[Tab]:
    context = browser.new_context(viewport={"width": 1200, "height": 800})
    found = Tab(context.new_page(), address)
    yield found
    context.close()
    assert found.errors == []
    assert found.foreign == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
def test_everybody_can_read_it(tab: Tab, path: str, scheme: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    tab.page.emulate_media(color_scheme=scheme)

    found = axe.run(tab.go(path))

    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("width", [360, 768])
def test_a_page_is_no_wider_than_its_window(tab: Tab, path: str, width: int) -> None:
    tab.page.set_viewport_size({"width": width, "height": 740})

    assert tab.go(path).evaluate("document.documentElement.scrollWidth") <= width


def test_a_tag_is_found_while_one_types(tab: Tab) -> None:
    page = tab.go("/")

    page.get_by_label("Find a tag").press_sequentially("occasional")
    expect(page.locator(".tags li")).to_have_count(1)
    page.get_by_role("link", name="Shopper class").click()

    assert page.locator("h1").inner_text() == "Shopper class"
    page.go_back()
    assert page.get_by_label("Find a tag").input_value() == "occasional"
    assert page.locator(".tags li").count() == 1


def test_an_audience_is_counted_while_one_ticks(tab: Tab, workspace: Workspace) -> None:
    truth = count(workspace.project, workspace.store, CHOSEN, WALL.now()).users
    page = tab.go("/tags/lapse")

    page.get_by_role("link", name="Build an audience high").click()
    page.get_by_label("medium").check()
    page.get_by_label("champion").check()
    expect(page.locator(".big b")).to_have_text(str(truth))

    asked = parse_qs(urlparse(page.url).query)
    assert (asked["tag.lapse"], asked["tag.shopper"]) == (["high", "medium"], ["champion"])
    page.reload()
    assert page.locator(".big b").inner_text() == str(truth)


def test_a_file_holds_as_many_as_were_counted(tab: Tab) -> None:
    page = tab.go("/build?tag.lapse=high&tag.lapse=medium")
    counted = int(page.locator(".big b").inner_text())

    with page.expect_download() as begun:
        page.get_by_role("button", name="Download as CSV").click()

    assert len(Path(begun.value.path()).read_text().splitlines()) == 1 + counted


def test_what_to_expect_follows_the_count(tab: Tab) -> None:
    page = tab.go("/build?tag.lapse=high&holdout=10")

    expect(page.get_by_role("heading", name="What to expect of them")).to_be_visible()
    expect(page.get_by_role("heading", name="How they differ from everybody")).to_be_visible()

    assert "of 6 users held out" in page.locator("#more").inner_text()


def test_any_is_more_than_all(tab: Tab) -> None:
    page = tab.go("/build?tag.lapse=high&tag.shopper=champion")
    all_of = page.locator(".big b").inner_text()

    page.get_by_label("any of this holds").check()
    expect(page.locator(".big b")).not_to_have_text(all_of)

    assert int(page.locator(".big b").inner_text()) > int(all_of)
    assert "join=or" in page.url


def test_it_works_without_script(browser: Any, address: str, workspace: Workspace) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/build")

    for facet, choice in (
        ("Will stay <away> & rest", "high"),
        ("Will stay <away> & rest", "medium"),
        ("Shopper class", "champion"),
    ):
        if not page.get_by_label(choice, exact=False).is_visible():
            page.get_by_text(facet).first.click()
        page.get_by_label(choice).check()
    page.get_by_role("button", name="Count").click()

    assert page.locator(".big b").inner_text() == str(
        count(workspace.project, workspace.store, CHOSEN, WALL.now()).users
    )
    context.close()


def test_a_person_of_an_audience_is_shown_with_reasons(tab: Tab) -> None:
    page = tab.go("/audiences/save_now")

    page.get_by_role("link", name="Show some of them").click()
    page.locator("table a[href^='/people/']").first.click()

    assert page.locator(".reasons li").count() == 2
    assert page.locator(".spark").count() == 1


def test_a_hostile_id_is_shown_as_it_is(tab: Tab) -> None:
    page = tab.go("/people")
    page.on("dialog", lambda dialog: tab.errors.append(dialog.message))

    page.get_by_label("Id of the person").fill(SCRIPT)
    page.keyboard.press("Enter")
    page.wait_for_url("**/people/*")

    assert page.locator("h1").inner_text() == SCRIPT


def test_the_keyboard_is_enough(tab: Tab) -> None:
    page = tab.go("/")

    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("size")
    page.keyboard.press("Enter")
    page.wait_for_url("**/?q=size*")
    page.locator(".tags a").first.focus()
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    page.wait_for_url("**/tags/size")


def test_the_appearance_is_chosen_and_kept(tab: Tab) -> None:
    page = tab.go("/runs")
    light = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")

    page.get_by_role("button", name="appearance").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")

    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") != light
    assert urlparse(page.url).path == "/runs"


def test_chinese_is_one_press_away(tab: Tab) -> None:
    page = tab.go("/tags/lapse")

    page.get_by_role("button", name="中文").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")

    assert page.locator("h1").inner_text() == "即将流失"


def test_a_report_prints_without_what_is_pressed(tab: Tab) -> None:
    page = tab.go("/report?where=lapse.tier+%3D+'high'")

    page.emulate_media(media="print")

    assert page.locator("h1").is_visible()
    assert not any(
        page.locator(part).first.is_visible() for part in (".top nav", ".prefs", "button[data-print]", ".foot")
    )
    assert page.pdf()[:5] == b"%PDF-"
