"""Free ports on the loopback address, for servers that listen a moment later.

All ranges are below that of outgoing connections, any of which could take a port before its server does. Processes that run
concurrently have ranges of their own: servers of `scripts/stack` below 16,000, the Swift tests from there on (`FreePorts`), the
harness above them.
"""

import random
import socket

from .failure import Failure

STACK = range(10_000, 16_000)
HARNESS = range(26_000, 32_000)


class Ports:
    """Hands out each free port of a range once. It begins anywhere, so that two processes with the same range rarely meet."""

    def __init__(self, ports):
        self.ports = ports
        self.offset = random.randrange(len(ports))

    def take(self, count=1):
        taken = []
        for _ in self.ports:
            if len(taken) == count:
                break
            self.offset = (self.offset + 1) % len(self.ports)
            if is_free(self.ports[self.offset]):
                taken.append(self.ports[self.offset])
        if len(taken) < count:
            raise Failure(f"of the ports {self.ports.start} to {self.ports.stop - 1}, {len(taken)} are free; {count} are needed")
        return taken


def is_free(port):
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


_harness = Ports(HARNESS)


def free_ports(count):
    return _harness.take(count)


def free_port():
    return free_ports(1)[0]
