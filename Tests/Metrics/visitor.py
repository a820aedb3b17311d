"""A user who calls each service, with and without success."""

import secrets

from harness.account import Account
from harness.failure import expect
from harness.pictures import make_photo
from harness.requests import call_expecting


class Visitor:
    def __init__(self, bases, folder):
        first = dict(reversed(bases))
        self.web, self.auth, self.api = (first[name] for name in ("web", "auth", "api"))
        self.photo = make_photo(folder)
        self.tasks = 0
        self.account = Account(self.auth, self.api, "metrics")

    def register(self):
        self.account.register()

    def visit(self):
        token = self.account.log_in().token
        call_expecting(401, "POST", f"{self.auth}/login", body={**self.account.credentials, "password": "not this one"})
        call_expecting(200, "GET", f"{self.auth}/validate", token=token)
        call_expecting(404, "GET", f"{self.api}/nothing/{secrets.token_hex(4)}")
        # Through the page's address and directly.
        good = [self.upload(self.photo, base) for base in (self.web, self.api)]
        bad = self.upload(b"no image at all", self.api)
        for task in good:
            self.expect_end(task, "COMPLETED")
        self.expect_end(bad, "FAILED")
        call_expecting(200, "GET", f"{self.web}/api/tasks", token=token)
        call_expecting(200, "GET", f"{self.web}/", token=token)

    def upload(self, image, base):
        task = self.account.upload(image, base).json()["id"]
        self.tasks += 1
        return task

    def expect_end(self, task, status):
        found = self.account.wait_for_end(task)["status"]
        expect(found == status, f"task {task} is {found}, not {status}")
