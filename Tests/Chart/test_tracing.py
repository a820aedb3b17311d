"""Where spans are sent, and that the way there is open."""

import pytest

import chart
from network import Address, Pod, allowed
from test_network import components

TRACED = {"web", "auth", "api", "worker"}
COLLECTOR = Pod("collector", {"app": "collector"}, "monitoring")


def variables(documents):
    """The variables of OpenTelemetry of each component."""
    found = {}
    for each in documents.of("Deployment"):
        component = each["spec"]["template"]["metadata"]["labels"]["app.kubernetes.io/component"]
        found[component] = {name: value for name, value in chart.environment(each).items() if name.startswith("OTEL_")}
    return found


def test_nothing_is_traced_unless_there_is_a_collector():
    documents = chart.manifests("defaults")
    assert not any(variables(documents).values())
    policies, pods = documents.of("NetworkPolicy"), components(documents)
    assert not [name for name, pod in pods.items() if allowed(policies, pod, COLLECTOR, 4318)]


def test_the_four_services_send_their_spans():
    documents = chart.manifests_with(tracing={"endpoint": "http://collector.monitoring:4318", "samplerRatio": 0.01})
    found = variables(documents)
    assert {name for name, each in found.items() if each} == TRACED
    for name in TRACED:
        assert found[name] == {
            "OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector.monitoring:4318", "OTEL_TRACES_SAMPLER": "parentbased_traceidratio",
            "OTEL_TRACES_SAMPLER_ARG": "0.01",
            "OTEL_RESOURCE_ATTRIBUTES": f"k8s.namespace.name={chart.NAMESPACE},k8s.deployment.name=pixelflow-{name}",
        }
    policies, pods = documents.of("NetworkPolicy"), components(documents)
    assert {name for name, pod in pods.items() if allowed(policies, pod, COLLECTOR, 4318)} == TRACED
    assert not [name for name, pod in pods.items() if allowed(policies, pod, COLLECTOR, 4317)]


def test_credentials_come_from_a_secret_and_the_collector_is_where_it_is_said_to_be():
    documents = chart.manifests("everything")
    assert variables(documents)["api"]["OTEL_EXPORTER_OTLP_HEADERS"] == {"secretKeyRef": {"name": "collector", "key": "otlp-headers"}}
    policies, pods = documents.of("NetworkPolicy"), components(documents)
    assert allowed(policies, pods["auth"], Address("192.0.2.43"), 443)
    assert not allowed(policies, pods["auth"], Address("192.0.2.44"), 443)


@pytest.mark.parametrize("values", [
    {"endpoint": "collector:4318"}, {"endpoint": "http://user@collector"}, {"endpoint": "http://collector?x=1"}, {"samplerRatio": 2}, {"samplerRatio": -1},
    {"ratio": 1},
])
def test_what_cannot_be_used_is_refused(values):
    assert chart.template({"tracing": values}).returncode != 0
