"""Somebody who does a bit of everything."""

import secrets
import time

from harness.failure import expect
from harness.pictures import make_photo
from harness.requests import call_expecting

WAIT_SECONDS = 60


class Visitor:
    def __init__(self, bases, folder):
        first = dict(reversed(bases))
        self.web, self.auth, self.api = (first[name] for name in ("web", "auth", "api"))
        self.photo = make_photo(folder)
        self.tasks = 0
        self.person = {"email": f"metrics-{secrets.token_hex(8)}@example.com", "password": secrets.token_urlsafe(18)}

    def register(self):
        call_expecting(201, "POST", f"{self.auth}/register", body=self.person)

    def visit(self):
        token = call_expecting(200, "POST", f"{self.auth}/login", body=self.person).json()["token"]
        call_expecting(401, "POST", f"{self.auth}/login", body={**self.person, "password": "not this one"})
        call_expecting(200, "GET", f"{self.auth}/validate", token=token)
        call_expecting(404, "GET", f"{self.api}/nothing/{secrets.token_hex(4)}")
        # Through the page's address and directly.
        good = [self.upload(base, token, self.photo) for base in (self.web, self.api)]
        bad = self.upload(self.api, token, b"no image at all")
        for task in good:
            self.wait(task, token, "COMPLETED")
        self.wait(bad, token, "FAILED")
        call_expecting(200, "GET", f"{self.web}/api/tasks", token=token)
        call_expecting(200, "GET", f"{self.web}/", token=token)

    def upload(self, base, token, image):
        answer = call_expecting(202, "POST", f"{base}/api/upload", body=image, token=token, content_type="image/jpeg")
        self.tasks += 1
        return answer.json()["id"]

    def wait(self, task, token, status):
        deadline = time.monotonic() + WAIT_SECONDS
        while True:
            found = call_expecting(200, "GET", f"{self.api}/api/tasks/{task}", token=token).json()["status"]
            if found == status:
                return
            expect(time.monotonic() < deadline, f"task {task} is {found}, not {status}, after {WAIT_SECONDS} s")
            time.sleep(0.1)
