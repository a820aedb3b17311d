"""The servers of scripts/stack, as settings for the services."""

import contextlib
import os
import re
import shlex

from .loading import ROOT
from .process import output_of

STACK = ROOT / "scripts" / "stack"
SERVERS = ("postgres", "mongodb", "kafka", "s3", "redis")


def settings(*servers, environment=None):
    """The output of `scripts/stack env`, by name."""
    printed = output_of(STACK, "env", *servers, env=environment)
    return dict(word.split("=", 1) for line in printed.splitlines() for word in shlex.split(line)[1:])


class Stack:
    """A separate set of servers: their settings, and the ids of their processes by name."""

    def __init__(self, folder, servers=SERVERS):
        self.servers = servers
        self.environment = {**os.environ, "PIXELFLOW_STACK_DIR": str(folder), "PIXELFLOW_STACK_PORTS": "free"}

    def call(self, *arguments):
        return output_of(STACK, *arguments, seconds=300, env=self.environment)

    def settings(self):
        return settings(*self.servers, environment=self.environment)

    def pids(self):
        return {name: int(pid) for name, pid in re.findall(r"^(\w+) .*process (\d+)$", self.call("status"), re.MULTILINE)}


@contextlib.contextmanager
def own_servers(folder, servers=SERVERS):
    """A `Stack` in a folder, on free ports, which is removed afterwards with its data."""
    stack = Stack(folder, servers)
    try:
        stack.call("up", *servers)
        yield stack
    finally:
        stack.call("wipe", *servers)
