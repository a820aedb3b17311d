"""Who may talk to whom: exactly this."""

import ipaddress

import chart
from network import Address, Pod, allowed

PORTS = {
    "web": [3000, 3001], "auth": [50051], "api": [8080], "worker": [8081], "metrics-adapter": [6443, 8082],
    "postgres": [5432], "mongodb": [27017], "kafka": [9092, 9093], "s3": [8333, 8888, 9333, 18333],
    "redis": [6379],
    "bootstrap-secrets": [], "test": [],
}
FLOWS = {
    ("web", "auth", 50051), ("web", "api", 8080),
    ("api", "auth", 50051), ("api", "mongodb", 27017), ("api", "kafka", 9092), ("api", "s3", 8333),
    ("auth", "postgres", 5432), ("auth", "redis", 6379), ("api", "redis", 6379),
    ("worker", "mongodb", 27017), ("worker", "kafka", 9092), ("worker", "s3", 8333),
    ("metrics-adapter", "kafka", 9092),
    # The API server is no pod that could be told from others; the adapter asks callers for its certificate.
    ("bootstrap-secrets", "metrics-adapter", 6443),
    ("test", "web", 3000), ("test", "auth", 50051), ("test", "api", 8080), ("test", "worker", 8081), ("test", "metrics-adapter", 8082),
}
PUBLIC = [Address("93.184.216.34"), Address("2606:2800:220:1::1")]
PRIVATE = [Address(each) for each in ("10.0.0.1", "172.16.0.9", "192.168.1.1", "169.254.169.254", "100.64.0.1", "fd00::1", "fe80::1")]


def components(documents):
    return {labels["app.kubernetes.io/component"]: Pod(name, labels, chart.NAMESPACE) for name, labels, _ in documents.pods()}


def within(documents):
    pods = components(documents)
    policies = documents.of("NetworkPolicy")
    return {
        (source, target, port)
        for source in pods for target in pods if source != target
        for port in PORTS[target] if allowed(policies, pods[source], pods[target], port)
    }


def test_pods_reach_what_they_need_and_nothing_else():
    documents = chart.manifests("defaults")
    assert set(components(documents)) == set(PORTS)
    assert within(documents) == FLOWS


def test_only_web_lets_strangers_in():
    documents = chart.manifests("defaults")
    policies, pods = documents.of("NetworkPolicy"), components(documents)
    strangers = [Pod("x", {"app": "x"}, chart.NAMESPACE), Pod("x", {"app": "x"}, "elsewhere"), Address("203.0.113.5")]
    open_to = {
        (name, port) for name, pod in pods.items() for port in PORTS[name] for stranger in strangers
        if allowed(policies, stranger, pod, port)
    }
    assert open_to == {("web", 3000), ("metrics-adapter", 6443)}


def test_prometheus_reads_metrics_of_services_only():
    documents = chart.manifests("defaults")
    policies, pods = documents.of("NetworkPolicy"), components(documents)
    prometheus = Pod("prometheus", {"app.kubernetes.io/name": "prometheus"}, "monitoring")
    open_to = {(name, port) for name, pod in pods.items() for port in PORTS[name] if allowed(policies, prometheus, pod, port)}
    assert open_to == {("web", 3000), ("web", 3001), ("auth", 50051), ("api", 8080), ("worker", 8081), ("metrics-adapter", 8082), ("metrics-adapter", 6443)}


def test_only_worker_and_api_reach_the_internet_and_no_private_network():
    documents = chart.manifests("defaults")
    policies, pods = documents.of("NetworkPolicy"), components(documents)
    for port in (80, 443, 8443):
        reach = {name for name, pod in pods.items() for address in PUBLIC if allowed(policies, pod, address, port)}
        # Two ports of API servers among them, which may be anywhere. Sources are fetched from the ports of the web only.
        servers = {"metrics-adapter", "bootstrap-secrets"} if port in (443, 8443) else set()
        assert reach == {"api", *servers} | ({"worker"} if port != 8443 else set())
        for name in ("worker", "api"):
            assert not [address.name for address in PRIVATE if allowed(policies, pods[name], address, port)]


def test_a_gateway_of_nat64_leads_to_no_private_network():
    """In a cluster with IPv6 only, IPv4 addresses are reached below this prefix, public and private ones alike (RFC 6052)."""
    documents = chart.manifests("ipv6")
    policies, pods = documents.of("NetworkPolicy"), components(documents)
    prefix = int(ipaddress.ip_address("64:ff9b::"))

    def translated(address):
        return Address(str(ipaddress.ip_address(prefix + int(ipaddress.ip_address(address)))))

    private = chart.yaml.safe_load((chart.CHART / "values.yaml").read_text())["networkPolicy"]["privateCIDRs"]
    assert {"192.0.0.0/24", "168.63.129.16/32"} < set(private)
    for name in ("worker", "api"):
        for network in map(ipaddress.ip_network, private):
            for address in (network[0], network[-1]):
                assert not allowed(policies, pods[name], Address(str(address)), 443), address
                assert not allowed(policies, pods[name], translated(address), 443), address
        assert allowed(policies, pods[name], translated("93.184.216.34"), 443)


def test_ports_that_may_be_fetched_from_are_open():
    documents = chart.manifests_with(limits={"fetchAllowPorts": [443, "8000-8999", "9443"]}, worker={"fetchAllowNetworks": ["10.1.0.0/16"]})
    policies, pods = documents.of("NetworkPolicy"), components(documents)
    for address in (PUBLIC[0], PUBLIC[1], Address("10.1.2.3")):
        reached = {port for port in (22, 80, 443, 7999, 8000, 8999, 9000, 9443) if allowed(policies, pods["worker"], address, port)}
        assert reached == {443, 8000, 8999, 9443}
    # Webhooks go to these; the others are those of mail and other old protocols.
    assert {port for port in (22, 25, 80, 443, 1023, 1024, 65535) if allowed(policies, pods["api"], PUBLIC[0], port)} == {80, 443, 1024, 65535}


def test_networks_that_may_be_fetched_from_are_open():
    documents = chart.manifests_with(worker={"fetchAllowNetworks": ["10.1.0.0/16"]})
    policies, pods = documents.of("NetworkPolicy"), components(documents)
    assert allowed(policies, pods["worker"], Address("10.1.2.3"), 80)
    assert not allowed(policies, pods["worker"], Address("10.2.2.3"), 80)
    assert not allowed(policies, pods["api"], Address("10.1.2.3"), 80)


def test_networks_that_webhooks_may_be_sent_to_are_open():
    documents = chart.manifests_with(api={"webhookAllowNetworks": ["10.1.0.0/16"]})
    policies, pods = documents.of("NetworkPolicy"), components(documents)
    assert allowed(policies, pods["api"], Address("10.1.2.3"), 8080)
    assert not allowed(policies, pods["api"], Address("10.2.2.3"), 8080)
    assert not allowed(policies, pods["worker"], Address("10.1.2.3"), 8080)


def test_names_are_resolved_by_all_who_have_names_to_resolve():
    documents = chart.manifests("defaults")
    policies, pods = documents.of("NetworkPolicy"), components(documents)
    dns = Pod("coredns", {"k8s-app": "kube-dns"}, "kube-system")
    ask = {name for name, pod in pods.items() if allowed(policies, pod, dns, 53, "UDP") and allowed(policies, pod, dns, 53)}
    assert ask == {"web", "auth", "api", "worker", "metrics-adapter", "bootstrap-secrets", "test"}


def test_openshift_resolves_names_at_another_port():
    pods = components(chart.manifests("openshift"))
    dns = Pod("dns-default", {"dns.operator.openshift.io/daemonset-dns": "default"}, "openshift-dns")
    for name, ports in (("defaults", {53}), ("openshift", {53, 5353})):
        policies = chart.manifests(name).of("NetworkPolicy")
        for protocol in ("UDP", "TCP"):
            assert {port for port in (53, 5353) if allowed(policies, pods["api"], dns, port, protocol)} == ports


def test_the_metrics_adapter_listens_where_the_firewall_lets_the_api_server_in():
    documents = chart.manifests_with(metricsAdapter={"port": 10250})
    policies, adapter = documents.of("NetworkPolicy"), components(documents)["metrics-adapter"]
    assert [port for port in (443, 6443, 10250) if allowed(policies, Address("172.16.0.2"), adapter, port)] == [10250]
    deployment = documents.one("Deployment", "pixelflow-metrics-adapter")
    assert chart.environment(deployment)["PIXELFLOW_ADAPTER_PORT"] == "10250"
    assert {"name": "https", "containerPort": 10250} in deployment["spec"]["template"]["spec"]["containers"][0]["ports"]


def test_external_backends_are_reached_at_their_port_and_networks():
    documents = chart.manifests("external-urls")
    policies, pods = documents.of("NetworkPolicy"), components(documents)
    assert allowed(policies, pods["auth"], Address("192.0.2.10"), 5432)
    assert not allowed(policies, pods["auth"], Address("192.0.2.11"), 5432)
    assert allowed(policies, pods["api"], Address("198.51.100.7"), 9093)
    assert allowed(policies, pods["metrics-adapter"], Address("198.51.100.7"), 9093)
    assert not allowed(policies, pods["metrics-adapter"], Address("198.51.100.7"), 9092)


def test_keda_reads_the_lag_by_itself():
    documents = chart.manifests("autoscaling-keda")
    policies, pods = documents.of("NetworkPolicy"), components(documents)
    assert allowed(policies, Pod("keda-operator", {"app": "keda-operator"}, "keda"), pods["kafka"], 9092)
    assert not allowed(chart.manifests("defaults").of("NetworkPolicy"), Pod("keda-operator", {}, "keda"), pods["kafka"], 9092)


def test_web_can_be_closed_to_all_but_the_ingress():
    documents = chart.manifests("everything")
    policies, web = documents.of("NetworkPolicy"), components(documents)["web"]
    assert allowed(policies, Pod("ingress", {}, "ingress-nginx"), web, 3000)
    assert not allowed(policies, Pod("x", {}, "elsewhere"), web, 3000)


def test_the_api_server_can_be_told_by_its_networks():
    documents = chart.manifests_with(networkPolicy={"apiServerCIDRs": ["192.0.2.0/24"]})
    policies, pods = documents.of("NetworkPolicy"), components(documents)
    inside, outside = Address("192.0.2.1"), Address("203.0.113.5")
    assert allowed(policies, inside, pods["metrics-adapter"], 6443) and not allowed(policies, outside, pods["metrics-adapter"], 6443)
    for name in ("metrics-adapter", "bootstrap-secrets"):
        assert allowed(policies, pods[name], inside, 443) and not allowed(policies, pods[name], outside, 443)
