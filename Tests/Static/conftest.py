"""The executables of scripts/static, each in a separate empty root; the four services and the all-in-one run from such roots.

    --keep    leaves the folder with the roots and the logs
"""

import os
import shutil
import tempfile
from pathlib import Path

import pytest
from names import NameServer
from roots import CERTIFICATES, Confined, EmptyRoot

from harness.loading import ROOT
from harness.marks import Marks
from harness.pixelflow import stop_all
from harness.ports import free_ports
from harness.stack import own_servers

BUILT = ROOT / ".build" / "static" / "bin"
STACK = ROOT / ".build" / "static" / "stack"
START_SECONDS = 90
SERVICES = ("auth", "api", "worker", "web")
SERVERS = {
    "PIXELFLOW_AUTH_DATABASE_URL": "postgres", "PIXELFLOW_TASK_DATABASE_URL": "mongodb", "PIXELFLOW_BROKER_URL": "kafka",
    "PIXELFLOW_BLOB_URL": "s3",
}
EXECUTABLES = sorted(path for path in BUILT.iterdir() if not path.name.startswith(".")) if BUILT.is_dir() else []


def pytest_addoption(parser):
    parser.addoption("--keep", action="store_true")


def pytest_configure(config):
    config.pluginmanager.register(Marks("static"))


def pytest_generate_tests(metafunc):
    if "executable" in metafunc.fixturenames:
        metafunc.parametrize("executable", EXECUTABLES, ids=lambda path: path.name)


@pytest.fixture(scope="session", autouse=True)
def built():
    if os.geteuid() != 0:
        pytest.exit("making an empty root needs root", 1)
    if not EXECUTABLES:
        pytest.exit(f"nothing in {BUILT}: run make static", 1)


@pytest.fixture(scope="session")
def folder(request):
    folder = Path(tempfile.mkdtemp(prefix="pixelflow-static-"))
    folder.chmod(0o755)
    yield folder
    if request.config.getoption("--keep"):
        print(f"kept {folder}")
    else:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def roots(folder, built):
    """An empty root for each executable, by its name."""
    return {executable.name: EmptyRoot(executable, folder) for executable in EXECUTABLES}


@pytest.fixture(scope="session")
def names(built):
    """The name server, with the names of the services and servers."""
    return NameServer([*SERVICES, *SERVERS.values()])


def by_name(settings):
    """The same addresses with the names that the name server knows."""
    return {
        setting: value.replace("127.0.0.1", SERVERS[setting]).replace("localhost", SERVERS[setting]) if setting in SERVERS else value
        for setting, value in settings.items()
    }


def settings_of_services(found, ports, management):
    return {
        **by_name({name: value for name, value in found.items() if not name.startswith("PIXELFLOW_TEST")}),
        "PIXELFLOW_HOST": "0.0.0.0", "SSL_CERT_FILE": str(CERTIFICATES),
        "PIXELFLOW_JWKS_URL": f"http://auth-of-the-hosts-file:{ports['auth']}/.well-known/jwks.json",
        "PIXELFLOW_AUTH_URL": f"http://auth-of-the-hosts-file:{ports['auth']}",
        "PIXELFLOW_WEB_AUTH_URL": f"http://auth:{ports['auth']}", "PIXELFLOW_WEB_API_URL": f"http://api:{ports['api']}",
        **{f"PIXELFLOW_{name.upper()}_PORT": str(port) for name, port in ports.items()},
        "PIXELFLOW_WEB_MANAGEMENT_PORT": str(management),
    }


class Running:
    """Running services: `processes` by name, each in its root, and the port of each service."""

    def __init__(self, processes, ports):
        self.processes = processes
        self.bases = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}

    @classmethod
    def services(cls, roots, found):
        *ports, management = free_ports(len(SERVICES) + 1)
        ports = dict(zip(SERVICES, ports))
        settings = settings_of_services(found, ports, management)
        return cls({name: Confined(roots[f"pixelflow-{name}"], [], settings) for name in SERVICES}, ports)

    @classmethod
    def all_in_one(cls, roots):
        """With the settings of its image; the only writable folder replaces the volume."""
        ports = dict(zip(SERVICES, free_ports(len(SERVICES))))
        settings = {
            "PIXELFLOW_HOST": "0.0.0.0", "PIXELFLOW_DATA_DIR": "/tmp/data", "SQLITE_TMPDIR": "/tmp/data", "SSL_CERT_FILE": str(CERTIFICATES),
            **{f"PIXELFLOW_{name.upper()}_PORT": str(port) for name, port in ports.items()}}
        return cls({"pixelflow": Confined(roots["pixelflow"], [], settings)}, ports)

    def wait_until_ready(self):
        for name, base in self.bases.items():
            self.processes.get(name, self.processes.get("pixelflow")).wait_until_ready(base, seconds=START_SECONDS)

    def stop(self):
        """The names of the processes that did not drain successfully."""
        late = stop_all(self.processes)
        return sorted({*late, *(name for name, process in self.processes.items() if process.status != 0)})


def at_work(running):
    try:
        running.wait_until_ready()
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="session")
def services(roots, names):
    missing = [name for name in SERVICES if f"pixelflow-{name}" not in roots]
    assert not missing, f"not built, so that nothing can run end to end: {', '.join(missing)}"
    with own_servers(STACK) as stack:
        yield from at_work(Running.services(roots, stack.settings()))


@pytest.fixture(scope="session")
def all_in_one(roots):
    assert "pixelflow" in roots, "not built: pixelflow"
    yield from at_work(Running.all_in_one(roots))


@pytest.fixture(params=["services", "all_in_one"])
def running(request):
    return request.getfixturevalue(request.param)
