"""Who decides how many workers there are."""

import pytest

import chart
from chart import environment


@pytest.mark.parametrize("name, replicas", [
    ("defaults", None), ("autoscaling-cpu", None), ("autoscaling-keda", None), ("autoscaling-none", 3), ("one-replica", 1)])
def test_replicas_are_left_to_the_autoscaler(name, replicas):
    worker = chart.manifests(name).one("Deployment", "pixelflow-worker")
    assert worker["spec"].get("replicas") == replicas


@pytest.mark.parametrize("name, kinds", [
    ("defaults", {"HorizontalPodAutoscaler", "APIService"}), ("autoscaling-cpu", {"HorizontalPodAutoscaler"}),
    ("autoscaling-keda", {"ScaledObject"}), ("autoscaling-none", set())])
def test_one_autoscaler_at_a_time(name, kinds):
    found = {each["kind"] for each in chart.manifests(name)} & {"HorizontalPodAutoscaler", "ScaledObject", "APIService"}
    assert found == kinds
    adapter = [each for each in chart.manifests(name) if "metrics-adapter" in each["metadata"]["name"]]
    assert bool(adapter) == ("APIService" in kinds)


def test_keda_connects_to_a_kafka_with_credentials():
    kafka = {"enabled": False, "external": {
        "url": "kafka://u:p@k:9092", "bootstrapServers": "k:9092",
        "keda": {"authenticationRef": {"name": "kafka-credentials"}, "metadata": {"sasl": "scram_sha512"}}}}
    triggers = chart.manifests_with(kafka=kafka, worker={"autoscaling": {"mode": "keda"}}).one("ScaledObject", "pixelflow-worker")["spec"]["triggers"]
    assert len(triggers) == 3
    for trigger in triggers:
        assert trigger["authenticationRef"] == {"name": "kafka-credentials"} and trigger["metadata"]["sasl"] == "scram_sha512"


def test_an_update_needs_no_room_for_more_workers():
    """Of the workers, only half may be running: the autoscaler asks for more than fit. Then some must be allowed to stop first."""
    strategy = {name: chart.manifests("defaults").one("Deployment", f"pixelflow-{name}")["spec"]["strategy"]["rollingUpdate"] for name in ("worker", "api")}
    assert strategy == {"worker": {"maxSurge": "25%", "maxUnavailable": "50%"}, "api": {"maxSurge": 1, "maxUnavailable": 0}}


def test_the_lag_scales_up_at_once_and_down_by_one_a_minute():
    spec = chart.manifests("defaults").one("HorizontalPodAutoscaler", "pixelflow-worker")["spec"]
    assert spec["metrics"] == [{"type": "External", "external": {
        "metric": {"name": "pixelflow_consumer_group_lag", "selector": {"matchLabels": {"group": "worker-group-1", "topic": "image-tasks"}}},
        "target": {"type": "AverageValue", "averageValue": "20"}}}]
    assert spec["behavior"]["scaleUp"]["stabilizationWindowSeconds"] == 0
    assert spec["behavior"]["scaleDown"]["policies"] == [{"type": "Pods", "value": 1, "periodSeconds": 60}]
    assert spec["maxReplicas"] <= 12


def test_keda_scales_by_the_sum_of_the_lanes_too():
    keda = chart.manifests("autoscaling-keda").one("ScaledObject", "pixelflow-worker")["spec"]
    ours = chart.manifests("defaults").one("HorizontalPodAutoscaler", "pixelflow-worker")["spec"]
    assert keda["advanced"]["horizontalPodAutoscalerConfig"]["behavior"] == ours["behavior"]
    assert keda["scaleTargetRef"] == ours["scaleTargetRef"]
    assert [trigger["metadata"] for trigger in keda["triggers"]] == [{
        "bootstrapServers": "pixelflow-kafka.images.svc:9092", "consumerGroup": "worker-group-1", "topic": topic,
        "lagThreshold": "50", "offsetResetPolicy": "earliest", "scaleToZeroOnInvalidOffset": "false", "allowIdleConsumers": "true"}
        for topic in ("image-tasks.high", "image-tasks", "image-tasks.low")]
    assert keda["advanced"]["scalingModifiers"] == {"formula": "high + normal + low", "target": "50", "metricType": "AverageValue"}
    assert [trigger["name"] for trigger in keda["triggers"]] == ["high", "normal", "low"]


def in_mode(mode):
    return chart.manifests_with(worker={"autoscaling": {"mode": mode, "maxReplicas": 6}, "pools": [{"name": "spot"}]})


def autoscalers(documents):
    """By name, the workload of each autoscaler that there will be, and whether it is KEDA's."""
    own = {each["metadata"]["name"]: (each["spec"]["scaleTargetRef"]["name"], False) for each in documents.of("HorizontalPodAutoscaler")}
    made = {
        each["spec"]["advanced"]["horizontalPodAutoscalerConfig"]["name"]: (each["spec"]["scaleTargetRef"]["name"], True)
        for each in documents.of("ScaledObject")}
    assert len(own | made) == len(own) + len(made)
    return own | made


def refusals(before, after):
    """What an upgrade meets: Helm creates what is new before it deletes what is not in the chart any more."""
    old, new = autoscalers(before), autoscalers(after)
    taken = {workload for workload, _ in old.values()}
    for name, (workload, is_of_keda) in new.items():
        if name in old and old[name][1] != is_of_keda:
            yield f"Helm: {name} exists and cannot be imported into the current release"
        elif is_of_keda and name not in old and workload in taken:
            yield f"KEDA: the workload {workload} is already managed by another hpa"
    # The other adapter has to be gone before it can be registered.
    uses = {"keda" if documents.of("ScaledObject") else "ours" if documents.of("APIService") else None for documents in (before, after)}
    if uses == {"keda", "ours"}:
        yield "the API of external metrics has another owner"


@pytest.mark.parametrize("mode", ["external", "cpu"])
def test_the_way_to_keda_and_back_leads_through_none(mode):
    # As docs/kubernetes.md says it.
    other, none, keda = in_mode(mode), in_mode("none"), in_mode("keda")
    for before, after in ((other, none), (none, keda), (keda, none), (none, other)):
        assert not list(refusals(before, after))
    assert [each for each in refusals(other, keda) if each.startswith("KEDA")]
    assert not [each for each in refusals(keda, other) if each.startswith("Helm")]


@pytest.mark.parametrize("release", ["pixelflow", "a" * 53, "pixelflow-with-a-name-of-fifty-three-characters-xxxxxx"[:53]])
def test_kedas_autoscaler_has_a_name_that_keda_accepts(release):
    pools = [{"name": "a-name-of-fiftee"[:15]}, {"name": "spot"}]
    done = chart.template({"worker": {"autoscaling": {"mode": "keda", "maxReplicas": 4}, "pools": pools}}, release=release)
    assert done.returncode == 0, done.stderr
    documents = chart.Manifests.parse(done.stdout)
    names = list(autoscalers(documents))
    assert len(set(names)) == 3 and all(len(name) <= 63 for name in names), names


@pytest.mark.parametrize("name, target", [("defaults", 20), ("autoscaling-keda", 50), ("autoscaling-cpu", 0), ("autoscaling-none", 0)])
def test_the_window_is_above_the_target_by_more_than_the_tolerance(name, target):
    window = int(chart.environment(chart.manifests(name).one("Deployment", "pixelflow-api"))["PIXELFLOW_DISPATCH_WINDOW"])
    assert window > 1.1 * target
    assert window <= 1.5 * target if target else window < 10


def test_the_adapter_is_registered_and_may_do_only_its_job():
    documents = chart.manifests("defaults")
    service = documents.one("APIService", "v1beta1.external.metrics.k8s.io")["spec"]
    assert service["service"] == {"name": "pixelflow-metrics-adapter", "namespace": "images", "port": 443}
    assert "caBundle" not in service and "insecureSkipTLSVerify" not in service
    rules = [rule for kind in ("Role", "ClusterRole") for each in documents.of(kind) if "metrics-adapter" in each["metadata"]["name"] for rule in each["rules"]]
    assert rules == [
        {"apiGroups": [""], "resources": ["secrets"], "verbs": ["create"]},
        {"apiGroups": [""], "resources": ["secrets"], "resourceNames": ["pixelflow-metrics-adapter-certificate"], "verbs": ["get", "update", "patch", "delete"]},
        {"apiGroups": ["apiregistration.k8s.io"], "resources": ["apiservices"], "resourceNames": ["v1beta1.external.metrics.k8s.io"], "verbs": ["get", "patch"]},
        {"apiGroups": ["authorization.k8s.io"], "resources": ["subjectaccessreviews"], "verbs": ["create"]},
        {"apiGroups": ["external.metrics.k8s.io"], "resources": ["pixelflow_consumer_group_lag"], "verbs": ["get", "list"]}]
    bound = {
        (each["roleRef"]["name"], each["subjects"][0]["name"]) for kind in ("RoleBinding", "ClusterRoleBinding") for each in documents.of(kind)
        if "metrics-adapter" in each["metadata"]["name"]}
    assert ("extension-apiserver-authentication-reader", "pixelflow-metrics-adapter") in bound
    assert not [role for role, _ in bound if role.startswith("system:")]
    assert ("pixelflow-metrics-adapter:images:reader", "horizontal-pod-autoscaler") in bound


def test_adapter_and_autoscaler_speak_of_the_same_group():
    documents = chart.manifests_with(kafka={"topic": "t", "group": "g"})
    adapter = environment(documents.one("Deployment", "pixelflow-metrics-adapter"))
    metric = documents.one("HorizontalPodAutoscaler", "pixelflow-worker")["spec"]["metrics"][0]["external"]["metric"]
    assert metric["selector"]["matchLabels"] == {"group": adapter["PIXELFLOW_KAFKA_GROUP"], "topic": adapter["PIXELFLOW_KAFKA_TOPIC"]}
