"""A user with an account and a token."""

from harness.account import Account
from harness.failure import expect


class User(Account):
    def __init__(self, web):
        super().__init__(f"{web}/auth", web)
        self.register().log_in()

    def make_task(self, photo):
        """The id of a completed task."""
        task = self.wait_for_end(self.upload(photo).json()["id"])
        expect(task["status"] == "COMPLETED", f"the task ended {task['status']}: {task.get('error')}")
        return task["id"]
