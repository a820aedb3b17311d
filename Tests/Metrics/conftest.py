"""A real Prometheus scrapes a running PixelFlow.

    --base NAME=URL       where a service is; may be given again; web_management is where web's metrics are.
                          Default: BASE_WEB and so on, or the usual ports of this computer
    --start EXECUTABLE    a pixelflow of its own instead
"""

import os
from pathlib import Path

import pytest
from prometheus import Prometheus
from visitor import Visitor

from harness.marks import Marks
from harness.pixelflow import SERVICES, WEB_MANAGEMENT_PORT, Instance

PORTS = {**SERVICES, "web_management": WEB_MANAGEMENT_PORT}


def pytest_addoption(parser):
    parser.addoption("--base", action="append", default=[], metavar="NAME=URL")
    parser.addoption("--start", type=lambda text: Path(text).resolve(), metavar="EXECUTABLE")


def pytest_configure(config):
    config.pluginmanager.register(Marks("metrics"))


@pytest.fixture(scope="session")
def owns_services(request):
    """Whether only these tests use the services."""
    return request.config.getoption("--start") is not None


@pytest.fixture(scope="session")
def bases(request, tmp_path_factory):
    """Pairs of a name and an address; workers may be several."""
    executable = request.config.getoption("--start")
    if executable:
        with Instance(executable, tmp_path_factory.mktemp("pixelflow")) as instance:
            yield [*instance.bases.items(), ("web_management", instance.management)]
        return
    given = [tuple(base.split("=", 1)) for base in request.config.getoption("--base")]
    found = given or [(name, os.environ.get(f"BASE_{name.upper()}", f"http://127.0.0.1:{port}")) for name, port in PORTS.items()]
    if {base[0] for base in found} != set(PORTS):
        pytest.exit(f"--base has to name each of {', '.join(PORTS)}", 2)
    yield [(name, url.rstrip("/")) for name, url in found]


@pytest.fixture(scope="session")
def scraped(bases):
    """The addresses of metrics: those of web are at its management port."""
    return [(name.removesuffix("_management"), url) for name, url in bases if name != "web"]


@pytest.fixture(scope="session")
def visitor(bases, tmp_path_factory):
    return Visitor(bases, tmp_path_factory.mktemp("visitor"))


@pytest.fixture(scope="session")
def server(scraped, tmp_path_factory):
    with Prometheus(scraped, tmp_path_factory.mktemp("prometheus")) as server:
        yield server
