"""Live updates, including interruptions of the connection."""

import re

from playwright.sync_api import expect


def test_the_list_is_polled_while_the_stream_is_refused(ada, console, sources):
    console.allow("ERR_FAILED")
    page = ada.page
    page.route_web_socket("**/api/events*", lambda socket: socket.close())
    page.route("**/api/events*", lambda route: route.abort())
    page.reload()
    expect(page.locator("[data-stream=down]")).to_have_text("Reconnecting")
    name = sources.url("fine/polled.jpg")
    ada.post("/upload", data={"image_url": name})
    ada.expect_status(name, "Completed")
    page.unroute("**/api/events*")
    # Behind a proxy without WebSockets, the page uses server-sent events.
    expect(page.locator("[data-stream=live][data-means=events]")).to_be_visible(timeout=30_000)


def test_changes_come_over_a_websocket(ada, sources):
    expect(ada.page.locator("[data-stream=live][data-means=websocket]")).to_be_visible()
    told: list[str] = []

    def keep(frame):
        told.append(str(frame))

    with ada.page.expect_websocket() as opened:
        ada.page.reload()
    opened.value.on("framereceived", keep)
    name = sources.url("fine/socket.jpg")
    ada.add_url(name)
    ada.process()
    ada.expect_status(name, "Completed")
    assert any('"status":"COMPLETED"' in frame for frame in told)


def keep_notifications(ada):
    """Turns notifications on, and records their texts in `window.told` and in an attribute of the page instead of showing them."""
    page = ada.page
    page.context.grant_permissions(["notifications"])
    page.goto(f"{ada.address}/account")
    page.get_by_role("button", name="Turn on notifications").click()
    expect(page.get_by_role("button", name="Turn off notifications")).to_be_visible()
    page.goto(ada.address)
    page.evaluate("""() => {
        window.told = [];
        window.Notification = class {
            constructor(title, options) {
                window.told.push(options.body);
                document.body.dataset.told = options.body;
            }
        };
    }""")


def look_away(page):
    page.evaluate("""() => {
        Object.defineProperty(document, 'hidden', {value: true, configurable: true});
        document.dispatchEvent(new Event('visibilitychange'));
    }""")


def test_the_end_of_all_tasks_is_notified_while_the_page_is_hidden(ada, sources):
    keep_notifications(ada)
    page = ada.page
    name = sources.url("slow/told.jpg")
    ada.add_url(name)
    ada.process()
    expect(page).to_have_title(re.compile("%"))
    look_away(page)
    sources.release()
    expect(page).not_to_have_title(re.compile("%"), timeout=30_000)
    assert page.evaluate("window.told") == ["1 task completed."]


def test_a_completed_batch_is_notified_while_other_tasks_are_in_progress(ada, sources):
    keep_notifications(ada)
    page = ada.page
    expect(page.locator("[data-stream=live]")).to_be_visible()
    batch = ada.post("/batches", data={"description": "Import"})["id"]
    ada.post("/upload", data={"image_url": sources.url("slow/other.jpg")})
    name = sources.url("fine/part.jpg")
    ada.post("/upload", data={"image_url": name, "batch": batch})
    ada.expect_status(name, "Completed")
    look_away(page)
    ada.post(f"/batches/{batch}/close")
    expect(page.locator("body")).to_have_attribute("data-told", re.compile("Batch"), timeout=60_000)
    assert page.evaluate("window.told") == ["Batch “Import” is done: 1 task completed."]
    sources.release()


def test_the_stream_is_reopened_after_an_outage(ada, console, instance, photos):
    console.allow("ERR_|502|503")
    page = ada.page
    expect(page.locator("[data-stream=live]")).to_be_visible()
    instance.stop()
    try:
        expect(page.locator("[data-stream=down]")).to_be_visible()
    finally:
        instance.start()
    expect(page.locator("[data-stream=live]")).to_be_visible(timeout=30_000)
    ada.make(photos[0])


def test_a_task_that_is_deleted_elsewhere_disappears(ada, console, photos):
    console.allow("404")
    ada.make(photos[0])
    ada.open_task(photos[0].name)
    ada.page.request.delete(f"{ada.address}/api{ada.page.url.removeprefix(ada.address)}", headers={"origin": ada.address})
    expect(ada.page.get_by_text("This task does not exist")).to_be_visible()


def test_a_change_elsewhere_is_shown(ada, sources):
    second = ada.page.context.new_page()
    second.goto(ada.address)
    expect(second.locator("[data-stream=live]")).to_be_visible()
    name = sources.url("slow/shared.jpg")
    ada.add_url(name)
    ada.process()
    row = second.locator("[data-task]").filter(has_text=name)
    expect(row.locator("[data-status]")).to_have_text("Processing")
    ada.row(name).get_by_role("button", name=re.compile("^Cancel")).click()
    expect(row.locator("[data-status]")).to_have_text("Cancelled")


def test_missed_changes_are_loaded_after_the_page_was_hidden(ada, sources):
    """A hidden page closes its connection, and resumes from the last event that it received."""
    name = sources.url("fine/first.jpg")
    ada.add_url(name)
    ada.process()
    ada.expect_status(name, "Completed")
    with ada.page.expect_websocket(lambda socket: "last_event_id=" in socket.url):
        ada.page.evaluate("""() => {
            const hide = (value) => {
                Object.defineProperty(document, "hidden", {value, configurable: true});
                document.dispatchEvent(new Event("visibilitychange"));
            };
            const timeout = window.setTimeout;
            window.setTimeout = (action) => timeout(action, 0);
            hide(true);
            window.setTimeout = timeout;
            timeout(() => hide(false), 100);
        }""")
    expect(ada.page.locator("[data-stream=live]")).to_be_visible()


def look_away_for_long(page):
    """The time for which a hidden page keeps its connection."""
    page.evaluate("""() => {
        Object.defineProperty(document, "hidden", {value: true, configurable: true});
        const timeout = window.setTimeout;
        window.setTimeout = (action) => timeout(action, 0);
        document.dispatchEvent(new Event("visibilitychange"));
        window.setTimeout = timeout;
    }""")


def look_back(page):
    page.evaluate("""() => {
        Object.defineProperty(document, "hidden", {value: false, configurable: true});
        document.dispatchEvent(new Event("visibilitychange"));
    }""")


def test_a_page_that_was_hidden_before_the_first_event_shows_created_and_deleted_tasks(ada, sources):
    page = ada.page
    kept, gone, made = sources.url("fine/kept.jpg"), sources.url("fine/gone.jpg"), sources.url("slow/made.jpg")
    ada.post("/upload", data={"image_url": kept})
    deleted = ada.post("/upload", data={"image_url": gone})["id"]
    ada.expect_status(kept, "Completed")
    ada.expect_status(gone, "Completed")
    # The new page has no position to resume from.
    with page.expect_websocket() as opened:
        page.reload()
    expect(page.locator("[data-stream=live]")).to_be_visible()
    expect(ada.row(gone)).to_be_visible()
    with opened.value.expect_event("close"):
        look_away_for_long(page)
    assert page.request.delete(f"{ada.address}/api/tasks/{deleted}", headers={"origin": ada.address}).ok
    ada.post("/upload", data={"image_url": made})
    look_back(page)
    expect(ada.row(made)).to_be_visible()
    expect(ada.row(gone)).to_have_count(0)
    expect(ada.row(kept)).to_be_visible()
    sources.release()


def test_the_list_of_a_batch_shows_its_tasks_and_its_progress(ada, sources):
    page = ada.page
    batch = ada.post("/batches", data={"description": "Photos of May"})["id"]
    first, second, other = sources.url("slow/first.jpg"), sources.url("fine/second.jpg"), sources.url("fine/other.jpg")
    ada.post("/upload", data={"image_url": first, "batch": batch})
    ada.open(f"/?batch={batch}")
    chip = page.get_by_role("button", name="show all batches")
    expect(chip).to_contain_text("Photos of May")
    expect(chip).to_contain_text("0 of 1 done")
    expect(ada.row(first)).to_be_visible()
    expect(page.locator("[data-stream=live]")).to_be_visible()
    # Changes arrive in order: when the second one is shown, that of the other task has arrived.
    ada.post("/upload", data={"image_url": other})
    ada.post("/upload", data={"image_url": second, "batch": batch})
    expect(ada.row(second)).to_be_visible()
    expect(ada.row(other)).to_have_count(0)
    sources.release()
    ada.expect_status(first, "Completed")
    expect(chip).to_contain_text("2 of 2 done")
    page.reload()
    expect(ada.row(second)).to_be_visible()
    expect(chip).to_contain_text("2 of 2 done")
    expect(ada.row(other)).to_have_count(0)
    chip.click()
    expect(ada.row(other)).to_be_visible()
    expect(chip).to_have_count(0)
    assert page.url == f"{ada.address}/"


def test_a_batch_without_a_description_shows_by_its_id(ada):
    batch = ada.post("/batches", data={})["id"]
    ada.open(f"/?batch={batch}")
    chip = ada.page.get_by_role("button", name="show all batches")
    expect(chip).to_contain_text(f"Batch …{batch[-6:]}")
    expect(chip).to_contain_text("no tasks")
    expect(chip).to_have_attribute("title", batch)
