"""An upgrade never changes what Kubernetes does not let it change."""

import json
from pathlib import Path

import pytest

import chart

GOLDEN = Path(__file__).parent / "golden" / "immutable.json"
SAME_NAMES = [path.stem for path in chart.SETS if path.stem != "long-names"]


def immutable(documents):
    """By workload: what cannot be changed once it is there."""
    found = {}
    for each in documents:
        name = f"{each['kind']}/{each['metadata']['name']}"
        spec = each.get("spec", {})
        if each["kind"] == "Deployment":
            found[name] = {"selector": spec["selector"]}
        elif each["kind"] == "StatefulSet":
            claims = [
                {"name": claim["metadata"]["name"], "labels": claim["metadata"]["labels"], "accessModes": claim["spec"]["accessModes"]}
                for claim in spec.get("volumeClaimTemplates", [])]
            found[name] = {"selector": spec["selector"], "serviceName": spec["serviceName"], "claims": claims}
        elif each["kind"] == "PriorityClass":
            found[name] = {field: each.get(field) for field in ("value", "preemptionPolicy")}
        elif each["kind"] in ("RoleBinding", "ClusterRoleBinding"):
            found[name] = {"roleRef": each["roleRef"]}
    return found


def test_selectors_are_those_of_the_releases_before():
    assert immutable(chart.manifests("defaults")) == json.loads(GOLDEN.read_text()), (
        "an upgrade of an installed release would fail; golden/immutable.json is not to follow a change")


@pytest.mark.parametrize("name", SAME_NAMES)
def test_other_values_keep_the_selectors(name):
    golden = json.loads(GOLDEN.read_text())
    for workload, fields in immutable(chart.manifests(name)).items():
        # Classes are named by their value.
        if workload.startswith("PriorityClass/") and workload not in golden:
            continue
        # Pools are named by the values; what they are called once stays, too.
        if pool := workload.partition("/pixelflow-worker-")[2]:
            labels = golden["Deployment/pixelflow-worker"]["selector"]["matchLabels"]
            assert fields == {"selector": {"matchLabels": {**labels, "app.kubernetes.io/name": f"pixelflow-{pool}"}}}
        else:
            assert fields == golden[workload]


@pytest.mark.parametrize("value", [-9, 0, 5, 1000000])
def test_another_priority_is_another_object(value):
    before, after = immutable(chart.manifests("defaults")), immutable(chart.manifests_with(priorityClass={"workerValue": value}))
    assert not [name for name in before.keys() & after.keys() if before[name] != after[name]]
    name, = (name.partition("/")[2] for name in after if name.startswith("PriorityClass/"))
    pod = chart.manifests_with(priorityClass={"workerValue": value}).one("Deployment", "pixelflow-worker")["spec"]["template"]["spec"]
    assert pod["priorityClassName"] == name


def test_a_newer_chart_keeps_the_selectors(tmp_path):
    copy = tmp_path / "pixelflow"
    chart.subprocess.run(["cp", "-r", chart.CHART, copy], check=True)
    about = copy / "Chart.yaml"
    about.write_text(about.read_text().replace("version: 0", "version: 9").replace('appVersion: "0', 'appVersion: "9'))
    done = chart.helm("template", "pixelflow", copy, "--namespace", chart.NAMESPACE)
    assert immutable(chart.Manifests.parse(done.stdout)) == json.loads(GOLDEN.read_text())
