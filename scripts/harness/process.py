"""Processes that are started with a log, waited for, and ended by id."""

import contextlib
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

from .failure import Failure, expect

START_SECONDS = 60
STOP_SECONDS = 40
PAUSE = 0.05


def environment_without_settings():
    """The environment without variables that are meant for other instances."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PIXELFLOW_")}


class Process:
    """A process in its own process group, with its output in a file, or where that of this process goes."""

    def __init__(self, command, log=None, environment=None, folder=None, name=None):
        self.command = [str(part) for part in command]
        self.name = name or Path(self.command[0]).name
        self.log = Path(log) if log else None
        if self.log:
            self.log.parent.mkdir(parents=True, exist_ok=True)
        with open(self.log, "ab") if self.log else contextlib.nullcontext() as output:
            self.process = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=environment, cwd=folder,
                start_new_session=True)

    @property
    def pid(self):
        return self.process.pid

    @property
    def status(self):
        """Its exit status; None while it runs."""
        return self.process.poll()

    def send(self, number):
        if self.status is None:
            self.process.send_signal(number)

    def wait_until(self, holds, what, seconds=START_SECONDS):
        """Polls until the condition holds; a condition may return the reason for its failure instead of True."""
        deadline = time.monotonic() + seconds
        while (response := holds()) is not True:
            expect(self.status is None, f"{self.name} ended with {self.status}\n{self.tail()}")
            detail = f": {response}" if response else ""
            expect(time.monotonic() < deadline, f"{self.name} {what} after {seconds} s{detail}\n{self.tail()}")
            time.sleep(PAUSE)

    def wait_until_ready(self, *bases, seconds=START_SECONDS):
        """Waits until all of its addresses report readiness."""
        for base in bases:
            self.wait_until(lambda base=base: readiness(base), f"is not ready at {base}", seconds)

    def wait_until_listening(self, port, seconds=START_SECONDS):
        self.wait_until(lambda: is_listening(port), f"does not listen on {port}", seconds)

    def has_ended(self, seconds):
        """Waits for its exit, up to a limit."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(seconds)
        return self.status is not None

    def kill(self):
        """Kills it immediately, with everything that it has started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self, seconds=STOP_SECONDS):
        """Requests it to drain; True if it exited on its own with success. Ends everything that it has started."""
        self.send(signal.SIGTERM)
        by_itself = self.has_ended(seconds)
        self.kill()
        return by_itself and self.status == 0

    def tail(self, lines=20):
        """The last lines of its output, if that is in a file."""
        if not self.log:
            return ""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


def readiness(base):
    """True if it is ready, otherwise the reason."""
    try:
        with urllib.request.urlopen(f"{base}/readyz", timeout=5) as response:
            return response.status == 200
    except urllib.error.HTTPError as error:
        return error.read().decode(errors="replace")[:500]
    except OSError as error:
        return str(error)


def is_listening(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def output_of(*command, seconds=120, **options):
    """The output of a command; raises `Failure` with the last lines of its error output if it fails."""
    try:
        done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=seconds, **options)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Failure(f"{command[0]}: {error}") from None
    expect(done.returncode == 0, f"{' '.join(map(str, command))} ended with {done.returncode}: {(done.stderr or done.stdout).strip()[-500:]}")
    return done.stdout
