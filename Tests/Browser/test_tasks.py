"""From an upload to a downloaded output, and all actions on tasks."""

import hashlib
import re
import subprocess

from playwright.sync_api import expect

from support.person import PASSWORD


def test_two_dropped_photos_are_processed_compared_and_downloaded(ada, photos, tmp_path):
    page = ada.page
    ada.drop(*photos)
    ada.choose("web")
    expect(page.get_by_role("list", name="Images to process").get_by_role("listitem")).to_have_count(2)
    ada.process()
    for photo in photos:
        ada.expect_status(photo.name, "Completed")
        expect(ada.row(photo.name).locator("img")).to_have_js_property("complete", True)

    ada.open_task(photos[0].name)
    slider = page.get_by_role("slider", name=re.compile("How much of the original"))
    expect(slider).to_have_value("50")
    slider.focus()
    slider.press("End")
    expect(slider).to_have_value("100")
    expect(page.locator("[data-picture=shown]").first).to_be_visible()

    with page.expect_download() as waiting:
        page.get_by_role("link", name="Download small").click()
    path = tmp_path / "small.webp"
    waiting.value.save_as(path)
    assert waiting.value.suggested_filename == "small.webp"
    task = ada.api(page.url.removeprefix(ada.address))
    small = next(output for output in task["outputs"] if output["name"] == "small")
    assert hashlib.sha256(path.read_bytes()).hexdigest() == small["sha256"]
    assert subprocess.run(["vipsheader", "-f", "width", path], capture_output=True, text=True, check=True).stdout.strip() == "640"


def test_a_waiting_task_is_cancelled(ada, sources):
    ada.add_url(sources.url("slow/never.jpg"))
    ada.process()
    name = sources.url("slow/never.jpg")
    ada.expect_status(name, "Processing")
    ada.row(name).get_by_role("button", name=re.compile("^Cancel")).click()
    ada.expect_status(name, "Cancelled")


def test_a_failed_task_is_explained_and_replayed(ada, sources):
    name = sources.url("broken/later.jpg")
    ada.add_url(name)
    ada.process()
    ada.expect_status(name, "Failed")
    ada.open_task(name)
    alert = ada.page.get_by_role("alert")
    expect(alert).to_contain_text("Nothing at this URL")
    expect(alert).to_contain_text("source_not_found")
    sources.mend()
    ada.page.get_by_role("button", name="Replay").click()
    expect(ada.page.locator("h1 ~ p [data-status]")).to_have_text("Completed", timeout=30_000)
    expect(ada.page.get_by_text("Started again")).to_be_visible()


def test_a_deletion_can_be_undone_and_is_executed_otherwise(ada, photos):
    page = ada.page
    ada.make(photos[0])
    ada.row(photos[0].name).get_by_role("button", name=re.compile("^Delete")).click()
    expect(ada.row(photos[0].name)).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    ada.expect_status(photos[0].name, "Completed")

    with page.expect_response(lambda response: response.request.method == "DELETE") as waiting:
        ada.row(photos[0].name).get_by_role("button", name=re.compile("^Delete")).click()
    assert waiting.value.status == 204
    page.reload()
    expect(page.get_by_text("No tasks yet")).to_be_visible()


def test_leaving_the_page_executes_all_deletions(ada, sources, console):
    # The next page may still list a task whose deletion is in progress.
    console.allow("404")
    page = ada.page
    for number in range(30):
        ada.post("/upload", data={"image_url": sources.url(f"fine/{number}.jpg")})
    rows = page.locator("[data-task]")
    page.get_by_role("group", name="Status").get_by_role("button", name=re.compile("^Completed")).click()
    expect(page.get_by_role("button", name=re.compile("^Completed"))).to_contain_text("30", timeout=60_000)
    rows.first.get_by_role("checkbox").check()
    page.get_by_role("button", name="Select all 30").click()
    page.get_by_role("button", name="Delete 30").click()
    expect(page.get_by_text("30 tasks deleted.")).to_be_visible()
    page.goto("about:blank")
    ada.open()
    expect(page.get_by_text("No tasks yet")).to_be_visible()
    assert ada.api("/tasks")["tasks"] == []


def test_several_tasks_are_selected_and_changed_together(ada, sources):
    names = [sources.url(f"slow/{number}.jpg") for number in range(3)]
    for name in names:
        ada.add_url(name)
    ada.process()
    for name in names:
        expect(ada.row(name)).to_be_visible()
        ada.row(name).get_by_role("checkbox").check()
    bar = ada.page.get_by_role("region", name="Selection")
    expect(bar).to_contain_text("3 tasks selected")
    bar.get_by_role("button", name="Cancel 3").click()
    for name in names:
        ada.expect_status(name, "Cancelled")
    expect(bar).to_have_count(0)


def test_the_list_is_filtered_by_status_and_text(ada, photos, sources):
    page = ada.page
    ada.make(*photos)
    ada.add_url(sources.url("broken/nothing.jpg"))
    ada.process()
    ada.expect_status(sources.url("broken/nothing.jpg"), "Failed")
    page.get_by_role("button", name=re.compile("^Failed")).click()
    expect(page.locator("[data-task]")).to_have_count(1)
    page.get_by_role("button", name=re.compile("^All")).click()
    expect(page.locator("[data-task]")).to_have_count(3)
    page.get_by_role("searchbox").fill(photos[1].name.upper())
    expect(page.locator("[data-task]")).to_have_count(1)
    page.reload()
    expect(page.locator("[data-task]")).to_have_count(1)
    page.get_by_role("searchbox").fill("no such thing")
    expect(page.get_by_text("Nothing found")).to_be_visible()


def test_the_curl_command_creates_the_same_task(ada, photos):
    ada.make(photos[0], preset="avatar")
    ada.open_task(photos[0].name)
    command = ada.page.locator("[data-curl]").inner_text().replace("YOUR PASSWORD", PASSWORD)
    done = subprocess.run(["bash", "-c", command], cwd=photos[0].parent, capture_output=True, text=True, timeout=60)
    assert '"status":"PENDING"' in done.stdout, (command, done.stdout, done.stderr)
    ada.open()
    expect(ada.row(photos[0].name)).to_have_count(2)
    names = [ada.row(photos[0].name).nth(index).get_attribute("data-task") for index in range(2)]
    ada.expect_status(photos[0].name, "Completed")
    tasks = [ada.api(f"/tasks/{name}") for name in names]
    assert tasks[0]["pipeline"] == tasks[1]["pipeline"]
    assert tasks[0]["outputs"][0]["sha256"] == tasks[1]["outputs"][0]["sha256"]


def test_an_upload_whose_response_was_lost_creates_one_task(ada, console, photos):
    console.allow("ERR_FAILED")
    page = ada.page

    def lose(route):
        route.fetch()  # the service has it, the page is not told
        route.abort()

    page.route("**/api/upload", lose)
    ada.drop(photos[0])
    ada.process()
    expect(page.get_by_role("alert")).to_contain_text("was interrupted")
    page.unroute("**/api/upload")
    ada.process()
    ada.expect_status(photos[0].name, "Completed")
    expect(page.get_by_role("list", name="Images to process")).to_have_count(0)
    assert len(ada.api("/tasks")["tasks"]) == 1


def test_a_file_that_is_not_an_image_is_explained(ada, tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("This is not an image.")
    ada.drop(path, type="text/plain")
    ada.process()
    ada.expect_status("notes.txt", "Failed")
    expect(ada.row("notes.txt")).to_contain_text("Not an image")


def test_the_overview_shows_waiting_tasks_by_priority(ada, sources):
    page = ada.page
    for number, priority in enumerate(["high", "low", "low"]):
        ada.post("/upload", data={"image_url": sources.url(f"fine/{number}.jpg"), "priority": priority})
    ada.open("/overview")
    table = page.get_by_role("table", name="Waiting tasks by priority")

    def row(priority):
        return table.get_by_role("row").filter(has=page.get_by_role("rowheader", name=priority))

    for priority in ("High", "Low"):
        expect(row(priority)).to_contain_text(re.compile(r"\d m?s"), timeout=30_000)
    expect(row("Normal")).to_contain_text("0––")
