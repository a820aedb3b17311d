"""The description of the API as a page: read, authorise, try out."""

import re

import pytest
from playwright.sync_api import expect

from support.person import PASSWORD


def open_docs(person):
    """Opens the description, with or without a session; returns the requested addresses."""
    asked = []
    person.page.on("request", lambda request: asked.append(request.url))
    person.open("/docs")
    expect(person.page.get_by_role("heading", name=re.compile("^PixelFlow"))).to_be_visible()
    expect(person.page.locator("#operations-tasks-upload")).to_be_visible()
    return asked


def upload_photo(person, photo):
    """Tries out the upload with a file; returns the response in the browser."""
    operation = person.page.locator("#operations-tasks-upload")
    operation.locator(".opblock-summary-control").click()
    operation.get_by_role("button", name="Try it out").click()
    operation.get_by_label("Request content type").select_option("multipart/form-data")
    operation.locator("input[type=file]").set_input_files(photo)
    with person.page.expect_response(re.compile("/api/upload$")) as waiting:
        operation.get_by_role("button", name="Execute").click()
    expect(operation.locator(".live-responses-table tbody .response-col_status").first).to_contain_text(str(waiting.value.status))
    return waiting.value


def test_the_header_links_to_the_description(ada):
    ada.page.get_by_role("link", name="API", exact=True).click()
    expect(ada.page.locator("#operations-tasks-upload")).to_be_visible()


def test_a_session_is_enough_to_try_out_an_upload(ada, photos):
    asked = open_docs(ada)
    expect(ada.page.get_by_role("status")).to_have_text(f"Signed in as {ada.email}")
    ada.page.get_by_role("button", name="Authorize").click()
    expect(ada.page.get_by_text(f"The session of {ada.email}")).to_be_visible()
    ada.page.get_by_role("button", name="Close", exact=True).last.click()

    response = upload_photo(ada, photos[0])
    assert response.status == 202
    assert "authorization" not in response.request.all_headers()
    assert response.json()["id"] == ada.api(f"/tasks/{response.json()['id']}")["id"]
    assert [url for url in asked if not url.startswith((ada.address, "blob:", "data:"))] == []


def test_a_pasted_token_is_enough_without_a_session(visit, ada, photos, console):
    console.allow("401")
    guest = visit()
    asked = open_docs(guest)
    expect(guest.page.get_by_role("status")).to_contain_text("Not signed in")
    assert upload_photo(guest, photos[0]).status == 401

    response = guest.page.request.post(f"{guest.address}/auth/login", data={"email": ada.email, "password": PASSWORD})
    guest.page.get_by_role("button", name="Authorize").click()
    guest.page.get_by_label("auth-bearer-value").fill(response.json()["token"])
    guest.page.get_by_role("button", name="Apply credentials").click()
    guest.page.get_by_role("button", name="Close", exact=True).last.click()
    with guest.page.expect_response(re.compile("/api/upload$")) as waiting:
        guest.page.locator("#operations-tasks-upload").get_by_role("button", name="Execute").click()
    assert waiting.value.status == 202
    assert ada.api(f"/tasks/{waiting.value.json()['id']}")["id"] == waiting.value.json()["id"]
    assert [url for url in asked if not url.startswith((guest.address, "blob:", "data:"))] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_it_supports_light_and_dark_and_narrow_windows(visit, tmp_path, scheme, width):
    person = visit(width=width, color_scheme=scheme)
    open_docs(person)
    person.page.locator("#operations-tasks-upload").scroll_into_view_if_needed()
    person.page.screenshot(path=tmp_path / f"docs-{scheme}-{width}.png")
    red, green, blue = map(int, re.findall(r"\d+", person.page.evaluate("getComputedStyle(document.body).backgroundColor"))[:3])
    assert (red + green + blue > 380) == (scheme == "light")
    text = person.page.locator("#operations-tasks-upload .opblock-summary-path")
    ink = sum(map(int, re.findall(r"\d+", text.evaluate("element => getComputedStyle(element).color"))[:3]))
    assert (ink < 380) == (scheme == "light")
    assert person.page.evaluate("document.documentElement.scrollWidth") <= width
