"""What holds for every value set."""

import functools
import json

import jsonschema
import kubernetes_validate
import kubernetes_validate.utils
import pytest

import chart
import custom_resources
import pod_security

VERSION = "1.36"
CLUSTER_SCOPED = {"APIService", "ClusterRole", "ClusterRoleBinding", "Namespace", "PriorityClass"}
NAMES = [path.stem for path in chart.SETS]
# It reads all of its definitions anew for each object.
kubernetes_validate.utils.schema_contents = functools.cache(kubernetes_validate.utils.schema_contents)
each_set = pytest.mark.parametrize("name", NAMES)


def test_there_are_a_dozen_value_sets():
    assert len(NAMES) >= 12


@each_set
def test_helm_lint_is_strict_and_content(name):
    done = chart.helm("lint", "--strict", chart.CHART, "--values", chart.values_of(name))
    assert done.returncode == 0, done.stdout


@functools.cache
def follows_kubernetes(text):
    """Most objects are the same in many sets."""
    kubernetes_validate.validate(json.loads(text), VERSION, strict=True)


@each_set
def test_kubernetes_schemas_hold(name):
    for document in chart.manifests(name):
        own = custom_resources.SCHEMAS.get((document["apiVersion"], document["kind"]))
        if own:
            jsonschema.validate(document, own)
        else:
            follows_kubernetes(json.dumps(document))


@each_set
def test_pods_are_restricted(name):
    found = [
        f"{pod}: {problem}"
        for pod, _, spec in chart.manifests(name).pods()
        for problem in [*pod_security.violations(spec), *pod_security.manners(spec)]
    ]
    assert not found


@each_set
def test_rendering_twice_gives_the_same_bytes(name):
    values = chart.yaml.safe_load(chart.values_of(name).read_text())
    assert chart.template(values).stdout == chart.rendered(name)


@each_set
def test_objects_are_told_apart_and_have_a_namespace(name):
    documents = chart.manifests(name)
    keys = [(each["kind"], each["metadata"].get("namespace"), each["metadata"]["name"]) for each in documents]
    assert len(keys) == len(set(keys))
    for kind, namespace, title in keys:
        assert (namespace is None) == (kind in CLUSTER_SCOPED), f"{kind} {title}"
        assert len(title) <= 63 or kind in CLUSTER_SCOPED, title


@each_set
def test_references_lead_somewhere(name):
    documents = chart.manifests(name)
    services = {each["metadata"]["name"]: each for each in documents.of("Service")}
    accounts = set(documents.names("ServiceAccount"))
    pods = list(documents.pods())
    for title, service in services.items():
        chosen = [spec for _, labels, spec in pods if service["spec"]["selector"].items() <= labels.items()]
        assert len(chosen) == 1, f"service {title} selects {len(chosen)} workloads"
        ports = {port["name"] for container in chosen[0]["containers"] for port in container["ports"]}
        assert {port["targetPort"] for port in service["spec"]["ports"]} <= ports, title
    for title, _, spec in pods:
        assert spec.get("serviceAccountName", "default") in accounts | {"default"}, title
        for container in spec["containers"]:
            mounted = {mount["name"] for mount in container.get("volumeMounts", [])}
            claims = {"data"} if title.endswith(("postgres", "mongodb", "kafka", "s3")) else set()
            assert mounted == {volume["name"] for volume in spec.get("volumes", [])} | claims, title


@each_set
def test_policies_and_budgets_select_pods(name):
    documents = chart.manifests(name)
    labels = [each for _, each, _ in documents.pods()]
    for kind, field in (("NetworkPolicy", "podSelector"), ("PodDisruptionBudget", "selector")):
        for each in documents.of(kind):
            wanted = each["spec"][field]["matchLabels"].items()
            assert any(wanted <= own.items() for own in labels), each["metadata"]["name"]
