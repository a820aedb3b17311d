"""API keys: creation, display, use and revocation."""

import json
import urllib.error
import urllib.request

from playwright.sync_api import expect


def status(address, key):
    """The response of api to a program with the key."""
    request = urllib.request.Request(f"{address}/api/tasks", headers={"authorization": f"Bearer {key}"})
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            json.load(response)
            return response.status
    except urllib.error.HTTPError as error:
        return error.code


def test_a_key_is_shown_once_works_and_is_revoked(ada, console):
    page = ada.page
    console.allow("422")
    ada.open("/keys")
    page.get_by_role("button", name="New key").click()
    dialog = page.get_by_role("dialog", name="New API key")
    dialog.get_by_label("Name").fill("website")
    dialog.get_by_label("Networks").fill("nonsense")
    dialog.get_by_role("button", name="Create key").click()
    expect(dialog.get_by_label("Networks")).to_have_attribute("aria-invalid", "true")
    dialog.get_by_label("Networks").fill("127.0.0.0/8, ::1/128")
    dialog.get_by_role("button", name="Create key").click()

    shown = page.get_by_role("dialog", name="Key website")
    expect(shown.get_by_role("alert")).to_contain_text("not shown again")
    key = shown.get_by_label("API key").input_value()
    assert key.startswith("pf_live_")
    shown.get_by_role("button", name="Close").click()
    assert status(ada.address, key) == 200

    page.reload()
    row = page.get_by_role("listitem", name="Key website")
    expect(row).to_contain_text(f"…{key[-4:]}")
    expect(row).to_contain_text("tasks:read")
    assert key not in page.content()
    row.get_by_role("button", name="Revoke website").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke", exact=True).click()
    expect(row).to_have_count(0)
    assert status(ada.address, key) == 401
