"""A user at a browser, and the actions of users."""

import base64
import itertools
import re
from pathlib import Path

from playwright.sync_api import expect

PASSWORD = "correct horse battery"
_numbers = itertools.count(1)

_DROP = """
({target, files}) => {
    const transfer = new DataTransfer();
    for (const {name, type, data} of files) {
        const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
        transfer.items.add(new File([bytes], name, {type}));
    }
    const element = document.querySelector(target);
    for (const type of ["dragenter", "dragover", "drop"]) {
        element.dispatchEvent(new DragEvent(type, {bubbles: true, cancelable: true, dataTransfer: transfer}));
    }
}
"""


class Person:
    def __init__(self, page, address):
        self.page = page
        self.address = address
        self.email = f"person-{next(_numbers)}@example.org"

    def open(self, path="/"):
        self.page.goto(self.address + path)

    def register(self):
        self.open()
        self.page.get_by_label("Email").fill(self.email)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Create account").click()
        expect(self.page.get_by_role("button", name="Sign out")).to_be_visible()
        return self

    def sign_in(self):
        self.page.get_by_label("Email").fill(self.email)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Sign in", exact=True).click()

    def sign_out(self):
        self.page.get_by_role("button", name="Sign out").click()
        expect(self.page.get_by_role("heading", name=re.compile("Images in"))).to_be_visible()

    def drop(self, *paths: Path, type="image/jpeg"):
        files = [{"name": path.name, "type": type, "data": base64.b64encode(path.read_bytes()).decode()} for path in paths]
        self.page.evaluate(_DROP, {"target": "[data-drop]", "files": files})

    def choose(self, preset):
        self.page.get_by_role("radio", name=re.compile(f"^{preset}")).check()

    def add_url(self, url):
        self.page.get_by_label("URL of an image").fill(url)
        self.page.get_by_role("button", name="Add", exact=True).click()

    def process(self):
        self.page.get_by_role("button", name=re.compile("^Process ")).click()

    def make(self, *paths, preset="thumbnail"):
        """Processes images and waits until they are completed."""
        self.drop(*paths)
        self.choose(preset)
        self.process()
        for path in paths:
            self.expect_status(path.name, "Completed")

    def api(self, path):
        """The JSON response of the service to this user."""
        return self.page.request.get(f"{self.address}/api{path}").json()

    def post(self, path, **options):
        """A request like those of the page's scripts."""
        headers = {"origin": self.address} | options.pop("headers", {})
        response = self.page.request.post(f"{self.address}/api{path}", headers=headers, **options)
        assert response.ok, response.text()
        return response.json()

    def row(self, name):
        return self.page.locator("[data-task]").filter(has=self.page.get_by_role("link", name=name, exact=True))

    def expect_status(self, name, status):
        expect(self.row(name).first.locator("[data-status]")).to_have_text(status, timeout=30_000)

    def open_task(self, name):
        self.row(name).first.get_by_role("link", name=name, exact=True).click()
        expect(self.page.get_by_role("heading", name=name, level=1)).to_be_visible()
