"""Every page in light and dark, wide and narrow: no serious finding of axe, no overflow; screenshots for review."""

import json
import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from conftest import BUILD

WIDTHS = {"wide": (1280, 900), "narrow": (390, 844)}

_SETTLED = """
() => Promise.allSettled(document.getAnimations()
    .filter((one) => one.effect.getComputedTiming().iterations !== Infinity).map((one) => one.finished))
"""


class Look:
    """Checks the current page, and saves a screenshot."""

    def __init__(self, person, mode, size):
        self.page = person.page
        self.suffix = f"{mode}-{size}"
        self.findings = []

    def __call__(self, name):
        self.page.evaluate("window.scrollTo(0, 0)")
        # Wait for animations to end.
        self.page.evaluate(_SETTLED)
        folder = BUILD / "screenshots"
        folder.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=folder / f"{name}-{self.suffix}.png", full_page=True)
        result = Axe().run(self.page, options={"resultTypes": ["violations"]})
        for violation in result.response["violations"]:
            if violation["impact"] in ("serious", "critical"):
                self.findings.append((name, violation["id"], [node["html"][:200] for node in violation["nodes"]][:5]))
        excess = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if excess > 0:
            self.findings.append((name, "runs over the edge", f"{excess} px"))


@pytest.mark.parametrize("size", WIDTHS)
@pytest.mark.parametrize("mode", ["light", "dark"])
def test_pages(visit, console, photos, sources, mode, size):
    width, height = WIDTHS[size]
    person = visit(width=width, height=height, color_scheme=mode)
    page = person.page
    look = Look(person, mode, size)
    person.open()
    look("welcome")
    person.register()
    expect(page.get_by_text("No tasks yet")).to_be_visible()
    look("tasks-empty")

    person.drop(*photos)
    look("staged")
    page.get_by_role("button", name=re.compile("^Choose the focal point")).first.click()
    look("focal-point")
    page.get_by_role("button", name="Close").click()
    person.choose("web")
    person.process()
    for photo in photos:
        person.expect_status(photo.name, "Completed")
    for path in ("broken/holiday.jpg", "slow/waiting.jpg"):
        person.add_url(sources.url(path))
        person.process()
    person.expect_status(sources.url("broken/holiday.jpg"), "Failed")
    person.expect_status(sources.url("slow/waiting.jpg"), "Processing")
    person.row(photos[0].name).get_by_role("checkbox").check()
    look("tasks")

    person.choose("Your own")
    page.get_by_label("Add an operation").first.select_option("watermark")
    expect(page.get_by_role("alert").filter(has_text="task")).to_be_visible()
    look("editor")

    person.open_task(photos[0].name)
    expect(page.locator("[data-picture=shown]").first).to_be_visible()
    look("task")
    page.get_by_role("button", name="Side by side").click()
    look("task-side-by-side")
    person.open()
    person.open_task(sources.url("broken/holiday.jpg"))
    look("task-failed")

    person.open("/overview")
    expect(page.get_by_text("in the last hour").first).to_be_visible()
    look("overview")
    person.open("/usage")
    expect(page.get_by_role("heading", name="Tasks by day")).to_be_visible()
    look("usage")
    person.open("/presets")
    expect(page.get_by_role("heading", name="avatar")).to_be_visible()
    look("presets")
    person.open("/presets/web")
    expect(page.get_by_role("heading", name="web", level=1)).to_be_visible()
    look("preset")
    console.allow("404")
    person.open("/tasks/01890000-0000-7000-8000-000000000000")
    look("task-gone")
    assert look.findings == [], json.dumps(look.findings, indent=1)


@pytest.mark.parametrize("width", [320, 360, 700, 1000, 1280])
def test_all_pages_are_in_sight_in_the_navigation(visit, width):
    page = visit(width=width, height=740).register().page
    links = page.get_by_role("navigation", name="Pages").get_by_role("link")
    expect(links).to_have_text(["Tasks", "Overview", "Usage", "Presets", "API"])
    for link in links.all():
        box = link.bounding_box()
        # Nothing lies over it, and nothing cuts it off.
        assert box["x"] >= 0 and box["x"] + box["width"] <= width
        assert link.evaluate("""(link) => {
            const { left, right, top, bottom } = link.getBoundingClientRect();
            return [left + 2, right - 2].every((x) => link.contains(document.elementFromPoint(x, (top + bottom) / 2)));
        }""")


@pytest.mark.parametrize("width", [360, 1280])
def test_the_selection_stays_below_the_header(visit, photos, width):
    person = visit(width=width, height=500).register()
    page = person.page
    person.make(photos[0])
    person.row(photos[0].name).get_by_role("checkbox").check()
    bar = page.get_by_role("region", name="Selection")
    # Scrolls as far as it goes.
    page.evaluate("document.body.style.paddingBottom = '2000px'; window.scrollTo(0, 5000)")
    bar.evaluate("(bar) => window.scrollTo(0, bar.parentElement.getBoundingClientRect().top + window.scrollY)")
    header = page.get_by_role("banner").bounding_box()
    assert bar.bounding_box()["y"] >= header["y"] + header["height"] - 1
