"""The description of the API is correct and complete enough for generic tools.

    --start EXECUTABLE    a pixelflow that is started on free ports (default: .build/debug/pixelflow)
    --seconds N           how long to send requests generated from the description (default: a fixed number of them)
"""

import json
from pathlib import Path

import pytest
from raw_websocket import RawWebSocket
from user import User

from harness.loading import ROOT
from harness.marks import Marks
from harness.pictures import make_photo
from harness.pixelflow import Instance
from harness.requests import call_expecting

# Generated requests include many logins and registrations. Webhooks are received on this machine.
SETTINGS = {"PIXELFLOW_AUTH_BCRYPT_COST": "4", "PIXELFLOW_AUTH_REGISTRATIONS_PER_HOUR": "10000",
            "PIXELFLOW_RATE_LIMITS": "off", "PIXELFLOW_WEBHOOK_ALLOW_NETWORKS": "127.0.0.0/8"}


def pytest_addoption(parser):
    parser.addoption("--start", type=lambda text: Path(text).resolve(), default=ROOT / ".build" / "debug" / "pixelflow")
    parser.addoption("--seconds", type=int)


def pytest_configure(config):
    config.pluginmanager.register(Marks("api"))


@pytest.fixture(scope="session")
def instance(request, tmp_path_factory):
    with Instance(request.config.getoption("--start"), tmp_path_factory.mktemp("pixelflow"), SETTINGS) as instance:
        yield instance


@pytest.fixture(scope="session")
def web(instance):
    return instance.bases["web"]


@pytest.fixture(scope="session")
def photo(tmp_path_factory):
    return make_photo(tmp_path_factory.mktemp("photo"))


@pytest.fixture
def user(web):
    return User(web)


@pytest.fixture(scope="session")
def api(instance):
    return instance.bases["api"]


@pytest.fixture(scope="session")
def token(web):
    return User(web).token


@pytest.fixture
def websocket(api, token):
    with RawWebSocket(api, token) as websocket:
        yield websocket


@pytest.fixture(scope="session")
def descriptions(instance):
    """The descriptions of auth and api, and that of the product from web."""
    return {name: call_expecting(200, "GET", f"{instance.bases[name]}/openapi.json").json() for name in ("auth", "api", "web")}


@pytest.fixture
def description_file(descriptions, tmp_path):
    """The description of the product, as a file."""
    path = tmp_path / "openapi.json"
    path.write_text(json.dumps(descriptions["web"]))
    return path
