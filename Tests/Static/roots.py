"""Empty roots, and processes in them."""

import contextlib
import os
import shutil
import signal
from pathlib import Path

from names import RESOLV_CONF

from harness.loading import ROOT
from harness.process import PAUSE, Process, output_of

CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
# A name that only this file contains.
HOSTS = "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost\n127.0.0.1\tauth-of-the-hosts-file\n"


class EmptyRoot:
    """A folder with one executable and the files that a container engine adds."""

    def __init__(self, executable, folder):
        self.name = executable.name
        self.folder = folder / executable.name
        (self.folder / "etc/ssl/certs").mkdir(parents=True)
        shutil.copy(executable, self.folder / executable.name)
        shutil.copy(CERTIFICATES, self.folder / "etc/ssl/certs")
        (self.folder / "etc/resolv.conf").write_text(RESOLV_CONF)
        (self.folder / "etc/hosts").write_text(HOSTS)

    @property
    def log(self):
        return self.folder.with_suffix(".log")

    def command(self, *arguments):
        return [str(ROOT / "scripts/static.d/empty-root"), str(self.folder), f"/{self.name}", *arguments]

    def output(self, *arguments, environment=None):
        return output_of(*self.command(*arguments), seconds=60, env=environment or {})


class Confined(Process):
    """A process in its empty root. Signals go to the program, not to the command that creates the root."""

    def __init__(self, root, arguments, environment):
        self.root, self.environment = root, environment
        super().__init__(root.command(*arguments), root.log, environment, name=root.name)

    def inner_pid(self):
        """The program itself, a child of the command that creates its root; None before and after."""
        with contextlib.suppress(OSError):
            children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
            return int(children[0]) if children else None

    def send(self, number):
        pid = self.inner_pid()
        if pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def kill(self):
        # The program first: when process 1 of a namespace ends, all others end.
        while self.status is None:
            self.send(signal.SIGKILL)
            self.has_ended(PAUSE)
