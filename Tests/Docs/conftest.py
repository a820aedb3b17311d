"""The documentation is correct: its commands run, its tables match the executables, and its links work.

    --build FOLDER    the executables (default: .build/debug)
"""

from pathlib import Path

import pytest

from harness.loading import ROOT
from harness.marks import Marks


def pytest_addoption(parser):
    parser.addoption("--build", type=lambda text: Path(text).resolve(), default=ROOT / ".build" / "debug")


def pytest_configure(config):
    config.pluginmanager.register(Marks("docs"))


@pytest.fixture(scope="session")
def build(request):
    """The folder of the executables."""
    return request.config.getoption("--build")
