"""Organisations: invitations, members, roles and their permissions, the audit log."""

import re

from playwright.sync_api import expect

from support.person import PASSWORD


def found(person, name):
    """Creates an organisation and switches to it."""
    page = person.page
    page.get_by_role("button", name=re.compile("^Organisation:")).click()
    page.get_by_role("button", name="New organisation…").click()
    page.get_by_role("dialog").get_by_label("Name").fill(name)
    page.get_by_role("button", name="Create organisation").click()
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()


def invite(person, role="member", email=""):
    """The path of an invitation's link."""
    page = person.page
    form = page.get_by_role("form", name="Invite someone")
    form.get_by_label("Role").select_option(role)
    form.get_by_label("Email").fill(email)
    form.get_by_role("button", name="Create a link").click()
    dialog = page.get_by_role("dialog", name="Invitation link")
    link = dialog.get_by_label("Link", exact=True).input_value()
    dialog.get_by_role("button", name="Close").click()
    assert link.startswith(f"{person.address}/invite#pf_invite_")
    return link.removeprefix(person.address)


def change_to(person, name):
    page = person.page
    page.get_by_role("button", name=re.compile("^Organisation:")).click()
    page.get_by_role("list", name="Organisations").get_by_role("button", name=re.compile(f"^{name}")).click()
    expect(page.get_by_role("button", name=f"Organisation: {name}")).to_be_visible()


def test_an_invited_person_joins_changes_and_is_removed(ada, visit, photos, console):
    found(ada, "Darkroom")
    link = invite(ada)
    ada.open()
    ada.make(photos[0])

    bob = visit().register()
    bob.open(link)
    bob.page.get_by_role("button", name="Accept invitation").click()
    expect(bob.page.get_by_role("button", name="Organisation: Darkroom")).to_be_visible()
    expect(bob.row(photos[0].name)).to_be_visible()
    change_to(bob, bob.email)
    expect(bob.page.get_by_text("No tasks yet")).to_be_visible()
    change_to(bob, "Darkroom")
    expect(bob.row(photos[0].name)).to_be_visible()

    ada.open("/team")
    ada.page.get_by_role("button", name=f"Remove {bob.email}").click()
    ada.page.get_by_role("dialog").get_by_role("button", name="Remove", exact=True).click()
    expect(ada.page.get_by_text(bob.email)).to_have_count(0)
    # Bob's token is rejected; the page continues in his own organisation.
    console.allow("401|403")
    bob.open()
    expect(bob.page.get_by_role("button", name=f"Organisation: {bob.email}")).to_be_visible()
    expect(bob.page.get_by_text("No tasks yet")).to_be_visible()


def open_tab(person, console, script=""):
    """A second tab of the same browser."""
    tab = person.page.context.new_page()
    console.watch(tab)
    if script:
        tab.add_init_script(script)
    tab.goto(person.address)
    expect(tab.get_by_role("button", name=f"Organisation: {person.email}")).to_be_visible()
    return tab


ELSEWHERE = "You have switched to another organisation"


def test_a_switch_to_another_organisation_is_shown_in_every_tab(ada, console):
    console.allow("409")
    tab = open_tab(ada, console)
    found(ada, "Studio")
    dialog = tab.get_by_role("dialog", name=ELSEWHERE)
    dialog.get_by_role("button", name="Switch back").click()
    expect(dialog).to_have_count(0)
    expect(tab.get_by_role("button", name=f"Organisation: {ada.email}")).to_be_visible()
    ada.page.get_by_role("dialog", name=ELSEWHERE).get_by_role("button", name="Open the other organisation").click()
    expect(ada.page.get_by_role("button", name=f"Organisation: {ada.email}")).to_be_visible()
    expect(dialog).to_have_count(0)


def test_a_tab_that_missed_a_switch_changes_nothing_in_the_other_organisation(ada, console, sources):
    console.allow("409")
    tab = open_tab(ada, console, "window.BroadcastChannel = class { postMessage() {} };")
    name = sources.url("fine/private.jpg")
    tab.get_by_label("URL of an image").fill(name)
    tab.get_by_role("button", name="Add", exact=True).click()
    found(ada, "Atelier")
    tab.get_by_role("button", name=re.compile("^Process ")).click()
    dialog = tab.get_by_role("dialog", name=ELSEWHERE)
    expect(dialog).to_be_visible()
    assert ada.api("/tasks")["tasks"] == []
    # The staged upload is still there.
    dialog.get_by_role("button", name="Switch back").click()
    tab.get_by_role("button", name=re.compile("^Process ")).click()
    row = tab.locator("[data-task]").filter(has_text=name)
    expect(row.locator("[data-status]")).to_have_text("Completed", timeout=30_000)


def test_a_page_shows_that_another_user_has_signed_in(ada, console, visit):
    console.allow("401")
    grace = visit().register()
    tab = open_tab(ada, console)
    ada.sign_out()
    expect(tab.get_by_role("dialog", name="Your session has ended")).to_be_visible()
    ada.page.get_by_label("Email").fill(grace.email)
    ada.page.get_by_label("Password").fill(PASSWORD)
    ada.page.get_by_role("button", name="Sign in", exact=True).click()
    tab.get_by_role("dialog", name="Another user has signed in").get_by_role("button", name="Continue as the other user").click()
    expect(tab.get_by_role("button", name=f"Organisation: {grace.email}")).to_be_visible()


def test_a_new_account_enters_the_organisation_that_invited_it(ada, visit):
    found(ada, "Lab")
    link = invite(ada, "viewer")
    eve = visit()
    eve.open(link)
    expect(eve.page.get_by_text("You are invited.")).to_be_visible()
    eve.page.get_by_label("Email").fill(eve.email)
    eve.page.get_by_label("Password").fill(PASSWORD)
    eve.page.get_by_role("button", name="Create account").click()
    expect(eve.page.get_by_role("button", name="Organisation: Lab")).to_be_visible()
    # A viewer can neither create nor manage anything.
    expect(eve.page.get_by_text("No tasks yet")).to_be_visible()
    expect(eve.page.locator("[data-drop]")).to_have_count(0)
    eve.open("/team")
    expect(eve.page.get_by_role("heading", name="Members")).to_be_visible()
    expect(eve.page.get_by_text(ada.email)).to_be_visible()
    expect(eve.page.get_by_role("heading", name="Invitations")).to_have_count(0)
    expect(eve.page.get_by_role("combobox")).to_have_count(0)


def test_a_new_role_applies_without_signing_in_again(ada, visit, console):
    found(ada, "Studio")
    link = invite(ada, "member")
    bob = visit().register()
    bob.open(link)
    bob.page.get_by_role("button", name="Accept invitation").click()
    expect(bob.page.locator("[data-drop]")).to_have_count(1)
    ada.open("/team")
    ada.page.get_by_label(f"Role of {bob.email}").select_option("viewer")
    expect(ada.page.get_by_text(f"{bob.email} is now viewer.")).to_be_visible()
    console.allow("401|403")
    bob.open()
    expect(bob.page.get_by_text("No tasks yet")).to_be_visible()
    expect(bob.page.locator("[data-drop]")).to_have_count(0)


def test_an_invitation_is_renewed_and_revoked(ada, visit, console):
    found(ada, "Press")
    first = invite(ada, email="carol@example.org")
    page = ada.page
    page.get_by_role("button", name="Renew the invitation for carol@example.org").click()
    dialog = page.get_by_role("dialog", name="Invitation link")
    assert dialog.get_by_label("Link", exact=True).input_value() != ada.address + first
    dialog.get_by_role("button", name="Close").click()
    page.get_by_role("button", name="Revoke the invitation for carol@example.org").click()
    expect(page.get_by_text("For carol@example.org")).to_have_count(0)
    console.allow("404")
    bob = visit().register()
    bob.open(first)
    bob.page.get_by_role("button", name="Accept invitation").click()
    expect(bob.page.get_by_role("alert")).to_be_visible()


def test_an_organisation_is_renamed_deleted_by_its_name_and_restored(ada, console):
    found(ada, "Shop")
    page = ada.page
    page.get_by_label("Name of the organisation").fill("Store")
    page.get_by_role("button", name="Rename").click()
    expect(page.get_by_role("heading", name="Store", level=1)).to_be_visible()
    page.get_by_role("button", name="Delete organisation").click()
    dialog = page.get_by_role("dialog")
    confirm = dialog.get_by_role("button", name="Delete organisation")
    dialog.get_by_label("Type the name").fill("Shop")
    expect(confirm).to_be_disabled()
    dialog.get_by_label("Type the name").fill("Store")
    console.allow("401|403")
    confirm.click()
    expect(page.get_by_role("button", name=f"Organisation: {ada.email}")).to_be_visible()
    ada.open("/team")
    page.get_by_role("button", name="Restore Store").click()
    expect(page.get_by_role("button", name="Restore Store")).to_have_count(0)
    change_to(ada, "Store")


def test_the_audit_log_is_shown_and_exported(ada):
    found(ada, "Bank")
    invite(ada, email="dora@example.org")
    page = ada.page
    ada.open("/audit")
    table = page.get_by_role("table")
    expect(table.get_by_role("row", name=re.compile("Organisation created.*Bank"))).to_be_visible()
    page.get_by_label("Show").select_option("invitation.created")
    expect(table.get_by_role("row", name=re.compile("Organisation created"))).to_have_count(0)
    expect(table.get_by_role("row", name=re.compile(f"{ada.email}.*Invitation created.*dora@example.org"))).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Export JSON lines").click()
    lines = download.value.path().read_text().splitlines()
    assert len(lines) == 1 and '"action":"invitation.created"' in lines[0]


def test_the_audit_log_is_read_without_columns_where_there_is_no_room(visit):
    agent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
    ada = visit(width=360, height=740, user_agent=agent).register()
    ada.sign_out()
    ada.sign_in()
    page = ada.page
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    ada.open("/audit")
    entry = page.get_by_role("region", name="Entries").get_by_role("listitem").filter(has_text="Signed in").first
    expect(entry.get_by_text("AppleWebKit")).to_be_visible()
    assert entry.bounding_box()["height"] < 150
    assert page.evaluate("document.documentElement.scrollWidth") == 360
