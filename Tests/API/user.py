"""Somebody with an account and a token."""

import itertools
import time

from harness.failure import expect
from harness.requests import call_expecting

WAIT_SECONDS = 60
_numbers = itertools.count(1)


class User:
    def __init__(self, web):
        self.web = web
        self.credentials = {"email": f"user-{next(_numbers)}@example.org", "password": "correct horse battery"}
        call_expecting(201, "POST", f"{web}/auth/register", body=self.credentials)
        self.token = call_expecting(200, "POST", f"{web}/auth/login", body=self.credentials).json()["token"]

    def make_task(self, photo):
        """The id of a task that is completed."""
        task = call_expecting(202, "POST", f"{self.web}/api/upload", body=photo, token=self.token, content_type="image/jpeg").json()["id"]
        deadline = time.monotonic() + WAIT_SECONDS
        while (status := call_expecting(200, "GET", f"{self.web}/api/tasks/{task}", token=self.token).json()["status"]) != "COMPLETED":
            expect(time.monotonic() < deadline, f"the task is {status} after {WAIT_SECONDS} s")
            time.sleep(0.1)
        return task
