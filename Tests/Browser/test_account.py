"""Accounts and sessions."""

import json
import re
from pathlib import Path

import pyotp
from playwright.sync_api import expect

from harness.pixelflow import Instance
from support.person import PASSWORD, Person


def test_a_person_registers_signs_out_and_in_again(ada, console):
    page = ada.page
    cookie = next(cookie for cookie in page.context.cookies() if "session" in cookie["name"])
    assert cookie["httpOnly"] and cookie["sameSite"] == "Strict"
    assert "session" not in page.evaluate("document.cookie")
    stored = page.evaluate("JSON.stringify(localStorage) + JSON.stringify(sessionStorage)")
    assert cookie["value"] not in stored

    ada.sign_out()
    console.allow("401")
    page.get_by_label("Email").fill(ada.email)
    page.get_by_label("Password").fill("not the password")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("alert")).not_to_be_empty()
    ada.sign_in()
    expect(page.get_by_text("No tasks yet")).to_be_visible()


def test_errors_of_a_registration_are_shown_at_their_fields(visit, console, ada):
    console.allow("409|422")
    person = visit()
    page = person.page
    person.open()
    page.get_by_label("Email").fill(person.email)
    page.get_by_label("Password").fill("short")
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_label("Password")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_text(re.compile("at least 8 characters"))).to_be_visible()

    page.get_by_label("Email").fill(ada.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Create account").click()
    page.get_by_role("button", name="Sign in instead").click()
    expect(page.get_by_label("Email")).to_have_value(ada.email)


def test_an_ended_session_loses_nothing_that_was_typed(ada, console, photos):
    console.allow("401")
    page = ada.page
    ada.drop(photos[0])
    page.get_by_label("URL of an image").fill("https://www.example.org/half-typed")
    page.context.clear_cookies()
    ada.process()
    dialog = page.get_by_role("dialog", name="Your session has ended")
    expect(dialog.get_by_label("Email")).to_have_value(ada.email)
    dialog.get_by_label("Password").fill(PASSWORD)
    dialog.get_by_role("button", name="Sign in").click()
    expect(dialog).to_have_count(0)
    expect(page.get_by_label("URL of an image")).to_have_value("https://www.example.org/half-typed")
    ada.process()
    ada.expect_status(photos[0].name, "Completed")


def test_a_session_is_confirmed_after_an_outage(ada, console, photos):
    console.allow("503")
    page = ada.page
    ada.make(photos[0])
    page.route("**/session", lambda route: route.fulfill(status=503))
    page.reload()
    expect(ada.row(photos[0].name)).to_be_visible()
    delete = ada.row(photos[0].name).get_by_role("button", name=re.compile("^Delete"))
    # The user's permissions are unknown.
    expect(delete).to_have_count(0)
    expect(page.locator("[inert] [data-drop]")).to_be_visible()
    page.unroute("**/session")
    expect(delete).to_be_visible()
    expect(page.get_by_role("button", name=f"Organisation: {ada.email}")).to_be_visible()
    ada.make(photos[1])


def test_users_do_not_see_data_of_each_other(visit, ada, photos, console):
    ada.make(photos[0])
    ada.open_task(photos[0].name)
    address = ada.page.url.removeprefix(ada.address)
    bob = visit().register()
    expect(bob.page.get_by_text("No tasks yet")).to_be_visible()
    console.allow("404")
    bob.open(address)
    expect(bob.page.get_by_text("This task does not exist")).to_be_visible()
    for path in ("", "/source", "/outputs/thumbnail"):
        assert bob.page.request.get(f"{bob.address}/api{address}{path}").status == 404

    # Not by events either: the next event for Bob is his own.
    bob.open()
    expect(bob.page.locator("[data-stream=live]")).to_be_visible()
    ada.open()
    ada.make(photos[1])
    bob.make(photos[0])
    expect(bob.page.locator("[data-task]")).to_have_count(1)
    expect(ada.page.locator("[data-task]")).to_have_count(2)


def test_another_site_cannot_use_the_session(ada, sources):
    cookie = "; ".join(f"{cookie['name']}={cookie['value']}" for cookie in ada.page.context.cookies())
    headers = {"cookie": cookie, "origin": "https://elsewhere.example", "sec-fetch-site": "cross-site"}
    response = ada.page.request.post(f"{ada.address}/api/upload", headers=headers, data={"image_url": sources.url("fine/a.jpg")})
    assert response.status == 403
    assert response.json()["code"] == "cross_site_request"


def test_the_page_offers_the_first_registration_and_shows_that_it_is_closed_afterwards(browser, executable, tmp_path):
    with Instance(executable, tmp_path, {"PIXELFLOW_AUTH_REGISTRATION": "closed"}) as closed:
        page = browser.new_page()
        person = Person(page, closed.bases["web"])
        person.open()
        page.get_by_label("Email").fill(person.email)
        page.get_by_label("Password").fill(PASSWORD)
        # No one has an account yet, and the first one needs the token in the log.
        page.get_by_label("Setup token").fill("not the token")
        page.get_by_role("button", name="Create account").click()
        expect(page.get_by_text("This is not the setup token.")).to_be_visible()
        # As a user with an account would see it.
        page.route("**/auth/register", lambda route: route.fulfill(json={"registration": "closed", "needs_setup": False}))
        page.reload()
        expect(page.get_by_text("Registration is closed.")).to_be_visible()
        expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
        expect(page.get_by_role("button", name="Create an account")).to_have_count(0)
        expect(page.get_by_role("button", name="Create account")).to_have_count(0)
        page.close()


def test_a_changed_password_ends_the_other_sessions(ada, visit, console):
    other = visit()
    other.email = ada.email
    other.open()
    other.page.get_by_role("button", name="Sign in", exact=True).click()
    other.sign_in()
    expect(other.page.get_by_text("No tasks yet")).to_be_visible()

    console.allow("401|403")
    page = ada.page
    ada.open("/account")
    sessions = page.get_by_role("listitem").filter(has_text="since")
    expect(sessions).to_have_count(2)
    expect(page.get_by_text("This device")).to_have_count(1)
    page.get_by_label("Current password").fill("not the password")
    page.get_by_label("New password").fill("another battery horse")
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_label("Current password")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Current password").fill(PASSWORD)
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_text("Password changed.")).to_be_visible()
    page.reload()
    expect(sessions).to_have_count(1)
    other.open()
    expect(other.page.get_by_text("Your session has ended.")).to_be_visible()


def test_an_account_is_deleted_with_its_password(ada, console):
    console.allow("401|403")
    page = ada.page
    ada.open("/account")
    page.get_by_role("button", name="Delete account").click()
    dialog = page.get_by_role("dialog", name="Delete your account?")
    dialog.get_by_label("Your password").fill(PASSWORD)
    dialog.get_by_role("button", name="Delete account").click()
    expect(page.get_by_role("heading", name=re.compile("Images in"))).to_be_visible()
    ada.sign_in()
    expect(page.get_by_role("alert")).not_to_be_empty()


def test_a_second_factor_is_turned_on_required_and_turned_off(ada, console):
    console.allow("401|403|422")
    page = ada.page
    ada.open("/account")
    page.get_by_role("button", name="Turn on", exact=True).click()
    page.get_by_role("dialog").get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()
    dialog = page.get_by_role("dialog", name="Scan with your app")
    expect(dialog.get_by_role("img", name=re.compile("QR code"))).to_be_visible()
    app = pyotp.TOTP(dialog.get_by_label("Or type this secret").input_value())
    dialog.get_by_label("Code from the app").fill("not a code")
    dialog.get_by_role("button", name="Turn on").click()
    expect(dialog.get_by_text("The code is wrong or has already been used.")).to_be_visible()
    dialog.get_by_label("Code from the app").fill(app.now())
    dialog.get_by_role("button", name="Turn on").click()
    codes = page.get_by_role("list", name="Recovery codes").get_by_role("listitem").all_text_contents()
    assert len(set(codes)) == 10
    page.get_by_role("button", name="I have saved them").click()
    expect(page.get_by_text("10 recovery codes are left.")).to_be_visible()

    ada.sign_out()
    ada.sign_in()
    page.get_by_label("Code", exact=True).fill("000 000")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_label("Code", exact=True)).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Code", exact=True).fill(codes[0])
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()

    ada.open("/account")
    expect(page.get_by_text("9 recovery codes are left.")).to_be_visible()
    page.get_by_role("button", name="Turn off", exact=True).click()
    dialog = page.get_by_role("dialog", name="Turn the second factor off?")
    dialog.get_by_label("Your password").fill(PASSWORD)
    dialog.get_by_label(re.compile("Code from the app")).fill(codes[1])
    dialog.get_by_role("button", name="Turn off").click()
    expect(page.get_by_text("The second factor is off.")).to_be_visible()
    ada.sign_out()
    ada.sign_in()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


def test_an_account_exports_its_data(ada, photos):
    ada.make(photos[0])
    page = ada.page
    ada.open("/account")
    with page.expect_download() as download:
        page.get_by_role("button", name="Export").click()
    document = json.loads(Path(download.value.path()).read_text())
    assert document["account"]["email"] == ada.email
    assert [task["upload"]["filename"] for task in document["tasks"]] == [photos[0].name]
    assert "session.started" in [entry["action"] for entry in document["organisations"][0]["audit"]]
