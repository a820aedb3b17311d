"""Presets, the pipeline editor, and focal points."""

import json
import re

import pytest
from playwright.sync_api import expect


def test_a_preset_is_created_edited_used_and_deleted(ada, photos):
    page = ada.page
    page.get_by_role("link", name="Presets").click()
    page.get_by_role("link", name="New preset").click()
    page.get_by_label("Name of the preset").fill("stamp")
    page.get_by_label("Width (px)").fill("120")
    page.get_by_label("Height (px)").fill("90")
    page.get_by_role("button", name="Save preset").click()
    card = page.get_by_role("article", name="Preset stamp")
    expect(card).to_contain_text("120 px, WebP")

    card.get_by_role("link", name="Edit stamp").click()
    page.get_by_label("Format", exact=True).select_option("png")
    page.get_by_role("button", name="Save preset").click()
    expect(card).to_contain_text("120 px, PNG")

    card.get_by_role("link", name="Use stamp").click()
    expect(page.get_by_role("radio", name=re.compile("^stamp"))).to_be_checked()
    ada.drop(photos[0])
    ada.process()
    ada.expect_status(photos[0].name, "Completed")
    ada.open_task(photos[0].name)
    expect(page.get_by_text("PNG, 120 × 90")).to_be_visible()

    page.get_by_role("link", name="Presets").click()
    card.get_by_role("button", name="Delete stamp").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(card).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(card).to_be_visible()


def test_a_preset_keeps_its_priority(ada):
    page = ada.page
    ada.open("/presets/new")
    page.get_by_label("Name of the preset").fill("bulk")
    priority = page.get_by_label("Priority of tasks that use it")
    expect(priority).to_have_value("none")
    priority.select_option("low")
    page.get_by_role("button", name="Save preset").click()
    card = page.get_by_role("article", name="Preset bulk")
    expect(card).to_contain_text("low priority")

    card.get_by_role("link", name="Edit bulk").click()
    expect(priority).to_have_value("low")
    page.get_by_label("Format", exact=True).select_option("png")
    page.get_by_role("button", name="Save preset").click()
    expect(card).to_contain_text("PNG")
    expect(card).to_contain_text("low priority")

    card.get_by_role("button", name="Delete bulk").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Undo").click()
    expect(card).to_contain_text("low priority")

    card.get_by_role("link", name="Use bulk").click()
    expect(page.get_by_role("radio", name=re.compile("^bulk · low priority"))).to_be_checked()
    page.get_by_role("link", name="Presets").click()

    card.get_by_role("link", name="Edit bulk").click()
    priority.select_option("none")
    page.get_by_role("button", name="Save preset").click()
    expect(card).to_be_visible()
    expect(card).not_to_contain_text("priority")


def test_a_bad_name_is_refused_at_the_field(ada, console):
    console.allow("422")
    ada.open("/presets/new")
    field = ada.page.get_by_label("Name of the preset")
    field.fill("No Good")
    ada.page.get_by_role("button", name="Save preset").click()
    expect(field).to_have_attribute("aria-invalid", "true")


def test_a_validation_error_is_shown_at_its_field(ada):
    page = ada.page
    ada.open("/presets/thumbnail")
    quality = page.get_by_label("Quality", exact=True)
    quality.fill("101")
    expect(quality).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_role("alert")).to_have_text("Must be a whole number from 1 to 100.")
    expect(page.get_by_role("button", name="Save preset")).to_be_disabled()
    quality.fill("70")
    expect(page.locator("[data-validation=good]")).to_be_visible()
    expect(page.get_by_role("button", name="Save preset")).to_be_enabled()


def test_operations_are_added_and_ordered_by_keyboard_and_json(ada):
    page = ada.page
    ada.open("/presets/new")
    text = page.get_by_label("As JSON")

    def expect_operations(*names):
        expect(text).to_have_value(re.compile(".*".join(f'"op": "{name}"' for name in names), re.DOTALL))

    for operation in ("blur", "grayscale"):
        page.get_by_label("Add an operation").select_option(operation)
    expect_operations("resize", "blur", "grayscale")
    page.get_by_role("button", name="Move Black and white up").press("Enter")
    page.keyboard.press("Enter")  # the focus has gone with the operation
    expect_operations("grayscale", "resize", "blur")
    expect(page.get_by_role("button", name="Move Black and white down")).to_be_focused()

    text.fill('{"outputs":[{"name":"typed","operations":[{"op":"rotate","angle":45}],"format":"jpeg"}]}')
    expect(page.get_by_label("Name", exact=True)).to_have_value("typed")
    expect(page.get_by_label("Angle (°)", exact=True)).to_have_value("45")
    text.fill('{"outputs":')
    expect(text).to_have_attribute("aria-invalid", "true")


def test_every_new_operation_is_valid(ada):
    page = ada.page
    ada.open("/presets/new")
    chooser = page.get_by_label("Add an operation")
    expect(chooser).to_be_visible()
    kinds = [value for value in chooser.locator("option").evaluate_all("(all) => all.map((one) => one.value)") if value]
    assert kinds == [operation["name"] for operation in ada.api("/pipelines/schema")["operations"]]
    for kind in kinds:
        if kind != "watermark":  # whose picture must be chosen
            chooser.select_option(kind)
    pipeline = json.loads(page.get_by_label("As JSON").input_value())
    validation = ada.post("/pipelines/check", data=pipeline)
    assert validation["valid"], validation


def test_a_click_on_the_image_sets_its_focal_point(ada, photos):
    page = ada.page
    ada.drop(photos[0])
    ada.choose("thumbnail")
    page.get_by_role("button", name=re.compile("^Choose the focal point")).click()
    box = page.locator("[data-focal]").bounding_box()
    page.mouse.click(box["x"] + box["width"] * 0.25, box["y"] + box["height"] * 0.75)
    page.get_by_role("slider", name=re.compile("^Across")).press("ArrowRight")
    page.get_by_role("button", name="Set focal point").click()
    ada.process()
    ada.expect_status(photos[0].name, "Completed")
    task = ada.api(f"/tasks/{ada.row(photos[0].name).get_attribute('data-task')}")
    position = task["pipeline"]["outputs"][0]["operations"][0]["position"]
    assert position == {"x": pytest.approx(0.26, abs=0.02), "y": pytest.approx(0.75, abs=0.02)}


def test_a_custom_pipeline_is_sent(ada, photos):
    page = ada.page
    ada.drop(photos[0])
    ada.choose("thumbnail")
    ada.choose("Your own")
    page.get_by_label("Name", exact=True).fill("grey")
    page.get_by_label("Add an operation").select_option("grayscale")
    page.get_by_label("Format", exact=True).select_option("jpeg")
    ada.process()
    ada.expect_status(photos[0].name, "Completed")
    task = ada.api(f"/tasks/{ada.row(photos[0].name).get_attribute('data-task')}")
    assert [(output["name"], output["format"]) for output in task["outputs"]] == [("grey", "jpeg")]


def test_a_pasted_address_and_a_pasted_image(ada, photos):
    page = ada.page
    page.evaluate("""() => {
        const transfer = new DataTransfer();
        transfer.setData("text/plain", "https://www.example.org/pasted.jpg");
        document.body.dispatchEvent(new ClipboardEvent("paste", {bubbles: true, cancelable: true, clipboardData: transfer}));
    }""")
    expect(page.get_by_label("URL of an image")).to_have_value("https://www.example.org/pasted.jpg")
    page.evaluate("""() => {
        const transfer = new DataTransfer();
        transfer.items.add(new File(["x"], "pasted.png", {type: "image/png"}));
        document.body.dispatchEvent(new ClipboardEvent("paste", {bubbles: true, cancelable: true, clipboardData: transfer}));
    }""")
    expect(page.get_by_role("list", name="Images to process")).to_contain_text("pasted.png")
