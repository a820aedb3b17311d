"""Webhooks: creation, verification with the samples of the page, tests, replays, changes, deletion and permissions."""

import json
import re
import subprocess
import sys

import pytest
from playwright.sync_api import expect

from harness.receiver import Receiver
from test_team import found, invite

_CHECKS = {
    "JavaScript": (
        ["node", "--input-type=module", "-e"],
        'import { readFileSync } from "node:fs"; const given = JSON.parse(readFileSync(0));'
        "console.log(verify(given.secret, given.headers, Buffer.from(given.body)).type);",
    ),
    "Python": (
        [sys.executable, "-c"],
        "import sys\ngiven = json.load(sys.stdin)\n"
        'print(verify(given["secret"], given["headers"], given["body"].encode())["type"])',
    ),
}


@pytest.fixture
def receiver():
    with Receiver(b"thank you") as receiver:
        yield receiver


def add(person, receiver):
    """Creates a webhook, opens its page and returns its secret."""
    page = person.page
    person.open("/webhooks")
    page.get_by_role("button", name="New webhook").click()
    form = page.get_by_role("dialog", name="New webhook")
    form.get_by_label("URL").fill(receiver.url)
    form.get_by_label("Description").fill("shop")
    form.get_by_role("button", name="Create webhook").click()
    shown = page.get_by_role("dialog", name="Signing secret")
    expect(shown.get_by_role("alert")).to_contain_text("not shown again")
    secret = shown.get_by_label("Secret", exact=True).input_value()
    shown.get_by_role("button", name="Close").click()
    assert secret.startswith("whsec_")
    page.get_by_role("link", name=receiver.url).click()
    expect(page.get_by_role("heading", name=receiver.url, level=1)).to_be_visible()
    return secret


def verified(page, language, secret, headers, body):
    """The output of the sample of the page for a message."""
    page.get_by_label("Language").select_option(language)
    sample = page.get_by_label("Sample code").text_content()
    command, check = _CHECKS[language]
    given = json.dumps({"secret": secret, "headers": headers, "body": body.decode()})
    return subprocess.run(
        [*command, f"{sample}\n{check}"], input=given, capture_output=True, text=True, timeout=30, check=True
    ).stdout.strip()


def test_a_message_is_verified_by_the_samples_and_listed(ada, receiver):
    page = ada.page
    secret = add(ada, receiver)
    page.get_by_role("button", name="Send a test").click()
    headers, body = receiver.next()
    for language in _CHECKS:
        assert verified(page, language, secret, headers, body) == "webhook.test"
    row = page.get_by_role("row").filter(has=page.get_by_role("button", name="webhook.test"))
    expect(row).to_contain_text("Delivered")
    row.get_by_role("button", name="webhook.test").click()
    dialog = page.get_by_role("dialog", name="Delivery")
    shown = dialog.get_by_label("Headers of the request")
    for name in ("webhook-id", "webhook-timestamp"):
        expect(shown).to_contain_text(f"{name}: {headers[name]}")
    expect(dialog.get_by_role("listitem")).to_contain_text(f"webhook-timestamp: {headers['webhook-timestamp']}")
    assert json.loads(dialog.get_by_label("Body of the request").text_content()) == json.loads(body)
    expect(dialog.get_by_role("listitem")).to_contain_text("Response 200")
    expect(dialog.get_by_label("Response", exact=True)).to_have_text("thank you")

    dialog.get_by_role("button", name="Replay").click()
    again, _ = receiver.next()
    assert again["webhook-id"] == headers["webhook-id"]
    page.reload()
    assert secret not in page.content()


def test_the_end_of_a_task_is_delivered(ada, receiver, photos):
    page = ada.page
    add(ada, receiver)
    ada.open("/")
    ada.make(photos[0])
    _, body = receiver.next()
    message = json.loads(body)
    assert message["type"] == "task.completed"
    ada.open("/webhooks")
    page.get_by_role("link", name=receiver.url).click()
    row = page.get_by_role("row").filter(has=page.get_by_role("button", name="task.completed"))
    expect(row.get_by_role("link")).to_have_attribute("href", f"/tasks/{message['data']['id']}")


def test_a_webhook_that_is_gone_is_disabled_enabled_and_replayed(ada, receiver, console):
    page = ada.page
    add(ada, receiver)
    receiver.status = 410
    page.get_by_role("button", name="Send a test").click()
    first, _ = receiver.next()
    row = page.get_by_role("row").filter(has=page.get_by_role("button", name="webhook.test"))
    expect(row).to_contain_text("Failed")
    page.reload()
    expect(page.get_by_text("it responded with 410")).to_be_visible()
    expect(page.get_by_role("button", name="Send a test")).to_be_disabled()

    receiver.status = 200
    page.get_by_role("button", name="Edit").click()
    form = page.get_by_role("dialog", name="Edit webhook")
    form.get_by_label("Enabled").check()
    form.get_by_role("button", name="Save").click()
    expect(page.get_by_text("it responded with 410")).to_have_count(0)
    page.get_by_role("button", name="Replay failed").click()
    page.get_by_role("dialog", name="Replay failed deliveries").get_by_role("button", name="Replay", exact=True).click()
    second, _ = receiver.next()
    assert second["webhook-id"] == first["webhook-id"]
    expect(row).to_contain_text("Delivered")


def test_a_secret_is_replaced_and_a_webhook_deleted(ada, receiver):
    page = ada.page
    old = add(ada, receiver)
    page.get_by_role("button", name="Replace the secret").click()
    page.get_by_role("dialog").get_by_role("button", name="Replace", exact=True).click()
    shown = page.get_by_role("dialog", name="Signing secret")
    new = shown.get_by_label("Secret", exact=True).input_value()
    assert new != old
    shown.get_by_role("button", name="Close").click()
    expect(page.get_by_text("The previous secret also signs")).to_be_visible()
    page.get_by_role("button", name="Send a test").click()
    headers, body = receiver.next()
    assert verified(page, "Python", old, headers, body) == verified(page, "JavaScript", new, headers, body) == "webhook.test"

    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_text("No webhooks yet")).to_be_visible()


def test_the_webhook_of_single_tasks_has_a_secret_and_a_log(ada):
    page = ada.page
    ada.open("/webhooks")
    page.get_by_role("link", name="webhooks of single tasks").click()
    expect(page.get_by_role("heading", name="Webhooks of single tasks", level=1)).to_be_visible()
    expect(page.get_by_text("No deliveries")).to_be_visible()
    expect(page.get_by_role("button", name="Delete")).to_have_count(0)
    page.get_by_role("button", name="Replace the secret").click()
    page.get_by_role("dialog").get_by_role("button", name="Replace", exact=True).click()
    shown = page.get_by_role("dialog", name="Signing secret").get_by_label("Secret", exact=True)
    expect(shown).to_have_value(re.compile("^whsec_"))


def test_a_rejected_url_is_explained_at_its_field(ada, console):
    page = ada.page
    console.allow("422")
    ada.open("/webhooks")
    page.get_by_role("button", name="New webhook").click()
    form = page.get_by_role("dialog", name="New webhook")
    form.get_by_label("URL").fill("ftp://example.org/")
    form.get_by_role("button", name="Create webhook").click()
    expect(form.get_by_label("URL")).to_have_attribute("aria-invalid", "true")


def test_members_do_not_see_webhooks(ada, visit, console):
    # A page that is opened by its address may send a request before it knows the permissions of the role.
    console.allow("403")
    found(ada, "Studio")
    link = invite(ada)
    bob = visit().register()
    bob.open(link)
    bob.page.get_by_role("button", name="Accept invitation").click()
    expect(bob.page.get_by_role("button", name="Organisation: Studio")).to_be_visible()
    bob.page.get_by_role("button", name=re.compile("^Organisation:")).click()
    settings = bob.page.get_by_role("list", name="Settings")
    expect(settings.get_by_role("link", name="Team")).to_be_visible()
    expect(settings.get_by_role("link", name="Webhooks")).to_have_count(0)
    bob.open("/webhooks")
    expect(bob.page.get_by_text("Webhooks are for admins and owners")).to_be_visible()
