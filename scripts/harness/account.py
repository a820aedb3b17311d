"""A user of a running PixelFlow, over HTTP."""

import secrets
import time

from .failure import Failure
from .requests import call_expecting

END_STATES = ("COMPLETED", "FAILED", "CANCELLED")
TASK_SECONDS = 60
POLL_SECONDS = 0.05


class Account:
    """Credentials that no other account has, and the token of the last login."""

    def __init__(self, auth, api, prefix="user"):
        self.auth = auth
        self.api = api
        self.credentials = {"email": f"{prefix}-{secrets.token_hex(8)}@example.com", "password": secrets.token_urlsafe(18)}
        self.token = None

    def register(self):
        call_expecting(201, "POST", f"{self.auth}/register", body=self.credentials)
        return self

    def log_in(self):
        self.token = call_expecting(200, "POST", f"{self.auth}/login", body=self.credentials).json()["token"]
        return self

    def upload(self, image, api=None):
        """The response to an upload, whose body is the task."""
        return call_expecting(
            202, "POST", f"{api or self.api}/api/upload", body=image, token=self.token, content_type="image/jpeg")

    def wait_for_end(self, task, seconds=TASK_SECONDS):
        """The task with this id in its final state."""
        deadline = time.monotonic() + seconds
        while True:
            found = call_expecting(200, "GET", f"{self.api}/api/tasks/{task}", token=self.token).json()
            if found["status"] in END_STATES:
                return found
            if time.monotonic() >= deadline:
                raise Failure(f"the task is still {found['status']} after {seconds} s")
            time.sleep(POLL_SECONDS)
