"""Each executable alone, without any server."""

import json
import re
import time

import pytest
from elf import interpreter_and_libraries
from roots import Confined

from conftest import START_SECONDS

# The maximum size of a stripped executable in bytes.
LIMITS = {"pf": 60_000_000, "pfctl": 60_000_000}
LIMIT = 120_000_000
# Commands that first connect to a cluster.
CLUSTER_TOOLS = {"pfctl": ["status"], "pixelflow-metrics-adapter": []}


def test_statically_linked_and_small(executable):
    assert not interpreter_and_libraries(executable)
    size = executable.stat().st_size
    print(f"{executable.name:<28} {size / 1e6:6.1f} MB")
    assert size < LIMITS.get(executable.name, LIMIT)


def test_starts_in_an_empty_root(executable, roots):
    root = roots[executable.name]
    assert re.search(r"\d+\.\d+", root.output("--version"))
    assert "USAGE" in root.output("--help")


@pytest.mark.parametrize("tool", CLUSTER_TOOLS)
def test_looks_up_the_name_of_its_cluster(tool, roots, names):
    """There is no such cluster, so only the lookup of its name is checked."""
    if tool not in roots:
        pytest.skip(f"{tool} is not built")
    root, name = roots[tool], f"cluster-of-{tool}"
    names.add(name)
    (root.folder / "etc/kubeconfig").write_text(json.dumps({
        "apiVersion": "v1", "kind": "Config", "current-context": "test", "users": [{"name": "test", "user": {"token": "none"}}],
        "clusters": [{"name": "test", "cluster": {"server": f"https://{name}:1"}}],
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test", "namespace": "test"}}],
    }))
    process = Confined(root, CLUSTER_TOOLS[tool], {"KUBECONFIG": "/etc/kubeconfig", "PIXELFLOW_HOST": "127.0.0.1"})
    deadline = time.monotonic() + START_SECONDS
    while name not in names.asked and process.status is None and time.monotonic() < deadline:
        time.sleep(0.05)
    process.kill()
    assert name in names.asked, process.tail()
