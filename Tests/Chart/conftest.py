"""One line a test function: ✓ or ✗, with the value sets that failed."""

from harness.marks import Marks


def pytest_configure(config):
    config.pluginmanager.register(Marks("chart"))
