"""Mail: invitations, forgotten passwords and confirmed addresses, through a real mail server; and the appearance of messages."""

import json
import re
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import expect

from conftest import BUILD, ROOT, SETTINGS
from harness.pixelflow import Instance
from harness.receiver import Receiver
from support.person import PASSWORD, Person
from test_team import found
from test_webhooks import add

LIMIT = 30  # seconds for a message to arrive


class Server:
    """Debian's aiosmtpd, and the messages that it has accepted."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.process = None
        self.port = 0

    def start(self):
        (self.folder / "port").unlink(missing_ok=True)
        self.process = subprocess.Popen([ROOT / "Tests/Fixtures/mail-server", self.folder, "--port", str(self.port)])
        self.port = int(self.wait(lambda: (self.folder / "port").exists() and (self.folder / "port").read_text()))

    def stop(self):
        self.process.kill()
        self.process.wait(timeout=LIMIT)

    def mails(self, address):
        file = self.folder / "mailbox.jsonl"
        mails = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
        return [mail for mail in mails if mail["to"] == [address]]

    def mail(self, address, number=1):
        return self.wait(lambda: (self.mails(address) + [None] * number)[number - 1])

    @staticmethod
    def wait(condition):
        deadline = time.monotonic() + LIMIT
        while True:
            if found := condition():
                return found
            assert time.monotonic() < deadline, "nothing came"
            time.sleep(0.05)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("mail"))
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def mailing(executable, server, tmp_path_factory):
    """A pixelflow that sends mail. Its links have another address; the tests use only their paths."""
    settings = SETTINGS | {
        "PIXELFLOW_SMTP_URL": f"smtp://127.0.0.1:{server.port}", "PIXELFLOW_MAIL_FROM": "PixelFlow <noreply@example.org>",
        "PIXELFLOW_PUBLIC_URL": "https://images.example.org", "PIXELFLOW_AUTH_VERIFY_EMAIL": "on",
    }
    with Instance(executable, tmp_path_factory.mktemp("mailing"), settings) as instance:
        yield instance


@pytest.fixture
def person(browser, mailing, console):
    contexts = []

    def come():
        contexts.append(browser.new_context(locale="en-GB"))
        page = contexts[-1].new_page()
        console.watch(page)
        return Person(page, mailing.bases["web"])

    yield come
    for context in contexts:
        context.close()


def path_in(mail):
    return re.search(r"https://images\.example\.org(/\S+)", mail["parts"]["text/plain"])[1]


def test_an_address_is_confirmed_by_the_link_of_a_message(person, server):
    ada = person().register()
    ada.open("/account")
    expect(ada.page.get_by_role("button", name="Confirm address")).to_be_visible()
    ada.open(path_in(server.mail(ada.email)))
    expect(ada.page.get_by_role("heading", name="Your address is confirmed")).to_be_visible()
    ada.page.get_by_role("link", name="Go to PixelFlow").click()
    ada.open("/account")
    expect(ada.page.get_by_text("Confirmed", exact=True)).to_be_visible()


def test_a_forgotten_password_is_set_by_the_link_of_a_message(person, server, console):
    ada = person().register()
    server.mail(ada.email)
    ada.sign_out()
    page = ada.page
    page.get_by_label("Email").fill(ada.email)
    page.get_by_role("button", name="Forgot password?").click()
    expect(page.get_by_label("Email")).to_have_value(ada.email)
    page.get_by_role("button", name="Send the link").click()
    expect(page.get_by_text(f"If {ada.email} has an account")).to_be_visible()
    link = path_in(server.mail(ada.email, 2))
    ada.open(link)
    page.get_by_label("New password", exact=True).fill("short")
    console.allow("422|404|401")
    page.get_by_role("button", name="Set the password").click()
    expect(page.get_by_label("New password", exact=True)).to_have_attribute("aria-invalid", "true")
    page.get_by_label("New password", exact=True).fill("another horse battery")
    page.get_by_role("button", name="Set the password").click()
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("Email").fill(ada.email)
    page.get_by_label("Password").fill("another horse battery")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    # Each link works once.
    ada.open(link)
    page.get_by_label("New password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Set the password").click()
    expect(page.get_by_role("alert")).to_contain_text("used or has expired")


def test_an_invitation_waits_for_the_server_and_arrives_once(person, server):
    ada = person().register()
    found(ada, "Darkroom")
    ada.open("/team")
    page = ada.page
    bob = person()
    server.stop()
    form = page.get_by_role("form", name="Invite someone")
    form.get_by_label("Email").fill(bob.email)
    form.get_by_role("button", name="Create a link").click()
    dialog = page.get_by_role("dialog", name="Invitation link")
    expect(dialog.get_by_role("status")).to_contain_text(bob.email)
    dialog.get_by_role("button", name="Close").click()
    expect(page.get_by_role("button", name=f"Renew the invitation for {bob.email}")).to_have_text("Send again")
    server.start()
    mail = server.mail(bob.email)
    bob.open(path_in(mail))
    bob.page.get_by_label("Email").fill(bob.email)
    bob.page.get_by_label("Password").fill(PASSWORD)
    bob.page.get_by_role("button", name="Create account").click()
    expect(bob.page.get_by_role("button", name="Organisation: Darkroom")).to_be_visible()
    # The invitation, and the confirmation of the new account.
    server.mail(bob.email, 2)
    names = [mail["headers"]["Message-ID"] for mail in server.mails(bob.email)]
    assert len(names) == 2 and len(set(names)) == 2


def test_the_owner_is_notified_of_a_disabled_webhook_and_unsubscribes_with_one_click(person, server, mailing):
    ada = person().register()
    server.mail(ada.email)
    page = ada.page
    with Receiver() as receiver:
        receiver.status = 410
        add(ada, receiver)
        page.get_by_role("button", name="Send a test").click()
        receiver.next()
        mail = server.mail(ada.email, 2)
    assert mail["headers"]["Subject"] == f"A webhook of {ada.email} is disabled"
    ada.open(path_in(mail))
    expect(page.get_by_role("heading", name=receiver.url, level=1)).to_be_visible()
    ada.open("/account")
    choice = page.get_by_role("region", name="Mail").get_by_label("A webhook was disabled")
    expect(choice).to_be_checked()
    # Like a mail server: without a cookie, and without loading the page.
    assert mail["headers"]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = re.fullmatch(r"<https://images\.example\.org(/\S+)>", mail["headers"]["List-Unsubscribe"])[1]
    with urllib.request.urlopen(mailing.bases["web"] + link, data=b"List-Unsubscribe=One-Click", timeout=LIMIT) as response:
        assert response.status == 200
    ada.open("/account")
    expect(choice).not_to_be_checked()
    with page.expect_response("**/auth/notification-settings"):
        choice.check()
    ada.open("/account")
    expect(choice).to_be_checked()
    tasks = page.get_by_role("region", name="Mail").get_by_label("Tasks that you")
    expect(tasks).to_have_value("never")
    with page.expect_response("**/auth/notification-settings"):
        tasks.select_option("daily")
    ada.open("/account")
    expect(tasks).to_have_value("daily")
    expect(choice).to_be_checked()
    # Like a person.
    ada.open(link)
    page.get_by_role("button", name="Stop these messages").click()
    expect(page.get_by_role("heading", name="Done")).to_be_visible()
    ada.open("/account")
    expect(choice).not_to_be_checked()


# Files written by LetterTests of PixelFlowAuthTests.
LETTERS = sorted((ROOT / "Tests/Fixtures/letters").glob("*.html"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("letter", LETTERS, ids=[letter.stem for letter in LETTERS])
def test_a_message_is_legible_loads_nothing_and_fits_a_phone(browser, letter, scheme):
    html = letter.read_text()
    context = browser.new_context(color_scheme=scheme, viewport={"width": 360, "height": 740})
    page = context.new_page()
    requests = []
    page.on("request", lambda request: requests.append(request.url))
    page.set_content(html)
    assert [url for url in requests if not url.startswith("about:")] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    faint = page.evaluate("""() => {
        const luminance = (color) => {
            const [r, g, b] = color.match(/[\\d.]+/g).slice(0, 3).map((part) => {
                const share = part / 255;
                return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
            });
            return 0.2126 * r + 0.7152 * g + 0.0722 * b;
        };
        const ground = (element) => {
            const color = getComputedStyle(element).backgroundColor;
            return color === "rgba(0, 0, 0, 0)" ? ground(element.parentElement) : color;
        };
        const texts = [...document.querySelectorAll("td, h1, p, a, span")].filter((element) =>
            [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim()));
        return texts.map((element) => {
            const [low, high] = [luminance(getComputedStyle(element).color), luminance(ground(element))].sort((a, b) => a - b);
            return [(high + 0.05) / (low + 0.05), element.textContent.trim()];
        }).filter(([contrast]) => contrast < 4.5);
    }""")
    assert faint == []
    pictures = BUILD / "mail"
    pictures.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=pictures / f"{letter.stem}-{scheme}.png", full_page=True)
    page.set_viewport_size({"width": 900, "height": 700})
    page.screenshot(path=pictures / f"{letter.stem}-{scheme}-wide.png", full_page=True)
    context.close()
