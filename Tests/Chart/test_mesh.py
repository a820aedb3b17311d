"""In a service mesh: who has a proxy, and whom its policies let in. It is the same as without one, by identity instead of by address."""

import fnmatch
import re

import pytest

import chart
from network import Pod, allowed, matches
from test_network import FLOWS, components

MESHES = {"mesh-istio": 15008, "mesh-linkerd": 4143}
OUTSIDE = {"bootstrap-secrets", "test"}
PROBES = ("/health", "/livez", "/readyz", "/metrics")
each_mesh = pytest.mark.parametrize("name", MESHES)


def templates(documents):
    """The metadata of each pod, by component."""
    for each in documents:
        metadata = each["metadata"] if each["kind"] == "Pod" else each.get("spec", {}).get("template", {}).get("metadata")
        if metadata and "app.kubernetes.io/component" in metadata.get("labels", {}) and each["kind"] in ("Pod", "Deployment", "StatefulSet", "Job"):
            yield metadata["labels"]["app.kubernetes.io/component"], metadata


@each_mesh
def test_everything_that_stays_has_a_proxy_and_what_ends_has_none(name):
    for component, metadata in templates(chart.manifests(name)):
        wanted = component not in OUTSIDE
        if name == "mesh-istio":
            assert metadata["labels"]["sidecar.istio.io/inject"] == ("true" if wanted else "false")
            assert metadata.get("annotations", {}).get("sidecar.istio.io/nativeSidecar") == ("true" if wanted else None)
        else:
            annotations = metadata["annotations"]
            assert annotations["linkerd.io/inject"] == ("enabled" if wanted else "disabled")
            # By the names that 2.19 and 2.20 have for it.
            native = {f"config.{stage}linkerd.io/proxy-enable-native-sidecar" for stage in ("beta.", "")}
            assert {each for each in native if annotations.get(each) == "true"} == (native if wanted else set())


def test_without_a_mesh_nothing_speaks_of_one():
    assert not re.search(r"istio|linkerd", chart.rendered("defaults"))


@each_mesh
def test_the_api_server_reaches_the_adapter_past_the_proxy(name):
    annotations = dict(templates(chart.manifests(name)))["metrics-adapter"]["annotations"]
    key = {"mesh-istio": "traffic.sidecar.istio.io/excludeInboundPorts", "mesh-linkerd": "config.linkerd.io/skip-inbound-ports"}[name]
    assert annotations[key] == "6443"


def test_every_port_says_what_is_spoken_there():
    for each in chart.manifests("everything").of("Service"):
        assert all("appProtocol" in port for port in each["spec"]["ports"]), each["metadata"]["name"]


@each_mesh
def test_network_policies_let_proxies_reach_each_other_and_the_control_plane(name):
    documents = chart.manifests(name)
    policies, pods = documents.of("NetworkPolicy"), components(documents)
    pairs = {(source, target) for source, target, port in FLOWS if port != 6443}
    reached = {
        (source, target) for source in pods for target in pods
        if source != target and allowed(policies, pods[source], pods[target], MESHES[name])}
    assert reached == pairs
    plane, port = {"mesh-istio": ("istio-system", 15012), "mesh-linkerd": ("linkerd", 8086)}[name]
    control = Pod("control", {"app": "x"}, plane)
    assert {component for component in pods if allowed(policies, pods[component], control, port)} == set(pods) - OUTSIDE


@each_mesh
def test_every_proxy_may_ask_for_the_name_of_its_control_plane(name):
    documents = chart.manifests(name)
    policies, pods = documents.of("NetworkPolicy"), components(documents)
    dns = Pod("coredns", {"k8s-app": "kube-dns"}, "kube-system")
    for protocol in ("UDP", "TCP"):
        assert {component for component in pods if allowed(policies, pods[component], dns, 53, protocol)} == set(pods)


def identity(component):
    return f"cluster.local/ns/{chart.NAMESPACE}/sa/pixelflow-{component}"


def istio_lets_in(documents, target, port, path, principal=None):
    """Istio's own rule: with a policy of kind ALLOW, what one of its rules matches, and nothing else."""
    policies = [
        each for each in documents if (each["apiVersion"], each["kind"]) == ("security.istio.io/v1", "AuthorizationPolicy")
        and matches(each["spec"]["selector"], target.labels)]
    if not policies:
        return False
    for rule in (rule for policy in policies for rule in policy["spec"]["rules"]):
        sources = [pattern for each in rule.get("from", []) for pattern in each["source"]["principals"]]
        if sources and not any(principal and fnmatch.fnmatchcase(principal, pattern) for pattern in sources):
            continue
        if any(
                str(port) in each["operation"]["ports"] and path in each["operation"].get("paths", [path])
                for each in rule.get("to", [])):
            return True
    return False


def linkerd_lets_in(documents, target, port, path, principal=None):
    """Linkerd's own rule: a port with a Server lets in whom a policy of the Server, or of the route that matches, lets in."""
    servers = [
        each for each in documents.of("Server") if matches(each["spec"]["podSelector"], target.labels) and each["spec"]["port"] == port]
    # Otherwise the default policy of the cluster decides, which may deny.
    if not servers:
        return False
    server = servers[0]["metadata"]["name"]
    routes = [each for each in documents.of("HTTPRoute") if each["spec"]["parentRefs"][0]["name"] == server]
    matching = [
        each["metadata"]["name"] for each in routes for rule in each["spec"]["rules"] for match in rule["matches"]
        if match["path"] == {"type": "Exact", "value": path}]
    targets = {("Server", server)} | {("HTTPRoute", each) for each in matching}
    for policy in documents.of("AuthorizationPolicy"):
        reference = policy["spec"]["targetRef"]
        if (reference["kind"], reference["name"]) not in targets:
            continue
        if all(authenticates(documents, each, principal) for each in policy["spec"]["requiredAuthenticationRefs"]):
            return True
    return False


def authenticates(documents, reference, principal):
    found = documents.one(reference["kind"], reference["name"])
    if reference["kind"] == "NetworkAuthentication":
        return {each["cidr"] for each in found["spec"]["networks"]} == {"0.0.0.0/0", "::/0"}
    return principal in {f"cluster.local/ns/{chart.NAMESPACE}/sa/{each['name']}" for each in found["spec"]["identityRefs"]}


LETS_IN = {"mesh-istio": istio_lets_in, "mesh-linkerd": linkerd_lets_in}


@each_mesh
def test_policies_let_exactly_the_peers_of_the_network_policies_in(name):
    documents, lets_in = chart.manifests(name), LETS_IN[name]
    pods = components(documents)
    accounts = {component: component for component in pods}
    ports = {(target, port) for _, target, port in FLOWS if target != "web" and port != 6443}
    found = {
        (source, target, port) for target, port in ports for source in accounts
        if source not in OUTSIDE | {target} and lets_in(documents, pods[target], port, "/api/tasks", identity(source))}
    assert found == {flow for flow in FLOWS if flow[0] not in OUTSIDE and flow[1] != "web"}
    # Someone with a proxy and an identity of another namespace, or without either.
    for target, port in ports:
        for stranger in (None, "cluster.local/ns/elsewhere/sa/pixelflow-web"):
            assert not lets_in(documents, pods[target], port, "/api/tasks", stranger)


@each_mesh
def test_probes_and_metrics_are_served_to_those_without_a_proxy(name):
    documents, lets_in = chart.manifests(name), LETS_IN[name]
    pods = components(documents)
    for target, port in (("auth", 50051), ("api", 8080), ("worker", 8081), ("metrics-adapter", 8082)):
        assert all(lets_in(documents, pods[target], port, path) for path in PROBES)
    assert lets_in(documents, pods["web"], 3000, "/") and not lets_in(documents, pods["s3"], 8333, "/metrics")
    assert lets_in(documents, pods["web"], 3001, "/metrics") and not lets_in(documents, pods["web"], 3001, "/")


@pytest.mark.parametrize("domain", ["cluster.local", "k8s.example.org"])
def test_linkerd_finds_the_profile_by_the_domain_of_the_cluster(domain):
    profile, = chart.manifests_with(mesh="linkerd", clusterDomain=domain).of("ServiceProfile")
    assert profile["metadata"]["name"] == f"pixelflow-api.{chart.NAMESPACE}.svc.{domain}"


def test_backing_services_are_reached_through_the_mesh_only():
    modes = {
        each["metadata"]["labels"]["app.kubernetes.io/component"]: each["spec"]["mtls"]["mode"]
        for each in chart.manifests("mesh-istio").of("PeerAuthentication")}
    assert {name for name, mode in modes.items() if mode == "STRICT"} == {"postgres", "mongodb", "kafka", "s3", "redis"}
    keda = chart.manifests_with(mesh="istio", worker={"autoscaling": {"mode": "keda"}}).of("PeerAuthentication")
    assert next(each for each in keda if each["metadata"]["name"] == "pixelflow-kafka")["spec"]["mtls"]["mode"] == "PERMISSIVE"


@each_mesh
def test_only_requests_that_change_nothing_are_repeated(name):
    documents = chart.manifests(name)
    if name == "mesh-istio":
        first, rest = documents.one("VirtualService", "pixelflow-api")["spec"]["http"]
        pattern, method = first["match"][0]["uri"]["regex"], first["match"][0]["method"]["exact"]
        assert rest["retries"] == {"attempts": 0} and "timeout" not in rest
        # Without a VirtualService Istio has retries of its own.
        assert [each["retries"] for each in documents.one("VirtualService", "pixelflow-auth")["spec"]["http"]] == [{"attempts": 0}]
        assert documents.names("VirtualService") == ["pixelflow-api", "pixelflow-auth"]
    else:
        route, = documents.of("ServiceProfile")[0]["spec"]["routes"]
        pattern, method = route["condition"]["pathRegex"], route["condition"]["method"]
    assert method == "GET"
    assert all(re.fullmatch(pattern, path) for path in ("/api/tasks", "/api/tasks/0193", "/api/presets/web", "/api/stats"))
    # Streams and bytes take as long as they take.
    assert not any(re.fullmatch(pattern, path) for path in ("/api/events", "/api/tasks/0193/outputs/thumb", "/api/tasks/0193/source"))
