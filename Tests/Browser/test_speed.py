"""Performance targets of the page, measured in the browser. Prints the figures with their targets; a slow machine
fails no test, only a page that draws too much or moves under the eye does."""

import json
import re
import sqlite3
import time
import uuid

from playwright.sync_api import expect

TASKS = 10_000
LOAD_SECONDS = 300
COUNT_SECONDS = 60
# Targets in milliseconds. A frame takes 17 ms at best.
FIRST_PAINT = 1000
FRAME_P95 = 50
LONGEST_TASK = 250

_SCROLL = """
() => new Promise((done) => {
    const frames = [];
    const longest = [];
    const watch = new PerformanceObserver((list) => longest.push(...list.getEntries().map((entry) => entry.duration)));
    watch.observe({entryTypes: ["longtask"]});
    let last = performance.now();
    const step = (now) => {
        frames.push(now - last);
        last = now;
        window.scrollBy(0, 400);
        if (frames.length < 240) return requestAnimationFrame(step);
        watch.disconnect();
        frames.sort((one, other) => one - other);
        done({p95: frames[Math.floor(frames.length * 0.95)], longest: Math.max(0, ...longest), rows: document.querySelectorAll("[data-task]").length});
    };
    requestAnimationFrame(step);
})
"""

# A row in the middle of the window, and where it is, once what the scroll has brought is drawn.
_IN_SIGHT = """
async () => {
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    const row = document.elementFromPoint(innerWidth / 2, innerHeight / 2).closest("li").querySelector("[data-task]");
    return [row.dataset.task, row.getBoundingClientRect().top];
}
"""


def multiply(database, task_id, count):
    """Adds older copies of a task straight to the database: creating so many through the API would take minutes."""
    with sqlite3.connect(database, timeout=30) as connection:
        names = [row[1] for row in connection.execute("PRAGMA table_info(task)")]
        row = dict(zip(names, connection.execute("SELECT * FROM task WHERE id = ?", (task_id,)).fetchone()))
        document = json.loads(row["document"])
        row["idempotency_key"] = document["idempotencyKey"] = None
        rows = []
        for number in range(1, count + 1):
            # Ids begin with their time in milliseconds.
            head = f"{int(task_id.replace('-', '')[:12], 16) - number * 1000:012x}"
            copy = str(uuid.UUID(head + task_id.replace("-", "")[12:]))
            name = f"photo-{number:05}.jpg"
            document["id"] = copy
            document["source"]["upload"]["_0"]["filename"] = name
            rows.append({**row, "id": copy, "label": name, "document": json.dumps(document).encode()})
        marks = ", ".join(f":{name}" for name in names)
        connection.executemany(f"INSERT INTO task ({', '.join(names)}) VALUES ({marks})", rows)
    connection.close()


def against(target, value):
    return f"{value:.0f} ms ({'within' if value < target else 'OVER'} the target of {target} ms)"


def smoothest(page):
    """The better of two scrolls, so that other work of this machine does not count."""
    runs = []
    for _ in range(2):
        page.evaluate("window.scrollTo(0, 0)")
        page.evaluate("() => new Promise((done) => requestIdleCallback(done))")
        runs.append(page.evaluate(_SCROLL))
    return min(runs, key=lambda run: run["p95"])


def test_the_first_paint_of_the_signed_in_page(ada, photos):
    ada.make(photos[0])
    times = []
    for _ in range(3):
        context = ada.page.context
        page = context.new_page()
        page.goto(ada.address)
        expect(page.locator("[data-task]").first).to_be_visible()
        times.append(page.evaluate("""() => ({
            paint: performance.getEntriesByName("first-contentful-paint")[0].startTime,
            list: performance.getEntriesByType("resource").find((entry) => entry.name.includes("/api/tasks")).responseEnd,
        })"""))
        page.close()
    best = min(times, key=lambda time: time["paint"])
    print(f"\nfirst paint {against(FIRST_PAINT, best['paint'])}, list of tasks there after {against(FIRST_PAINT, best['list'])}")


def test_ten_thousand_tasks_scroll_and_update_smoothly(ada, photos, instance):
    page = ada.page
    ada.make(photos[0])
    multiply(instance.folder / "data" / "tasks.sqlite", ada.row(photos[0].name).get_attribute("data-task"), TASKS - 1)
    # The service does not know of the copies; it counts again once its last count is too old.
    deadline = time.monotonic() + COUNT_SECONDS
    while (counted := ada.api("/stats")["counts"]["COMPLETED"]) != TASKS:
        assert time.monotonic() < deadline, f"{counted} of {TASKS} tasks are counted"
        time.sleep(0.1)
    ada.open()
    rows = page.get_by_role("list", name="Tasks, newest first").get_by_role("listitem")
    expect(rows.first).to_be_visible()
    deadline = time.monotonic() + LOAD_SECONDS
    while page.get_by_role("button", name=re.compile("^(Older tasks|Loading)")).count():
        assert time.monotonic() < deadline, "the list does not end"
        page.evaluate("window.scrollTo(0, document.documentElement.scrollHeight)")
    expect(rows.last).to_have_attribute("aria-setsize", str(TASKS))
    expect(page.get_by_role("button", name="All 10,000")).to_be_visible()

    still = smoothest(page)
    print(f"\n10,000 tasks: 95 % of frames within {against(FRAME_P95, still['p95'])}, longest task {against(LONGEST_TASK, still['longest'])}")
    assert still["rows"] < 60

    # Also while tasks are added at the top, which must not move the visible ones.
    name, before = page.evaluate(_IN_SIGHT)
    for _ in range(5):
        ada.post("/upload", headers={"content-type": "image/jpeg"}, data=photos[1].read_bytes())
    expect(page.get_by_role("button", name="All 10,005")).to_be_visible()
    assert abs(page.locator(f"[data-task='{name}']").bounding_box()["y"] - before) < 2
    busy = smoothest(page)
    print(f"while five tasks run: 95 % of frames within {against(FRAME_P95, busy['p95'])}, longest task {against(LONGEST_TASK, busy['longest'])}")
    assert busy["rows"] < 60
