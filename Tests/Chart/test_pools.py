"""Several Deployments of workers, none of them for a while, and where they run."""


import pytest

import chart
import network
from chart import environment

POOLS = ("", "-spot", "-arm")


def worker(documents, pool):
    return documents.one("Deployment", f"pixelflow-worker{pool}")


def test_each_pool_has_what_the_first_has():
    documents = chart.manifests("worker-pools")
    for kind in ("Deployment", "HorizontalPodAutoscaler", "NetworkPolicy", "Service"):
        names = {name for name in documents.names(kind) if "-worker" in name}
        assert names == {f"pixelflow-worker{pool}" for pool in POOLS}, kind
    # One pod needs no budget.
    assert {name for name in documents.names("PodDisruptionBudget") if "-worker" in name} == {"pixelflow-worker", "pixelflow-worker-spot"}
    assert [name for name in documents.names("ServiceAccount") if "-worker" in name] == ["pixelflow-worker"]


def test_a_pool_says_what_differs_and_takes_the_rest():
    documents = chart.manifests("worker-pools")
    first, spot, arm = (worker(documents, pool) for pool in POOLS)
    different = {name for name, value in environment(first).items() if environment(spot)[name] != value}
    assert different == {"PIXELFLOW_RENDER_PROCESSES"}
    assert environment(arm) == environment(first)
    pods = [each["spec"]["template"]["spec"] for each in (first, spot, arm)]
    # Selectors are not added to each other.
    assert [pod["nodeSelector"] for pod in pods] == [{"pool": "on-demand"}, {"node.example.com/lifecycle": "spot"}, {"kubernetes.io/arch": "arm64"}]
    assert [pod.get("tolerations") for pod in pods] == [None, [{"key": "spot", "operator": "Exists"}], None]
    assert pods[1]["containers"][0]["resources"]["limits"] == {"memory": "4Gi"}
    assert pods[2]["containers"][0]["resources"] == pods[0]["containers"][0]["resources"]
    assert arm["spec"]["template"]["metadata"]["labels"]["team"] == "images"


@pytest.mark.parametrize("name", ["worker-pools", "scale-to-zero"])
def test_no_two_selectors_choose_the_same_pods(name):
    documents = chart.manifests(name)
    pods = [(title, labels) for title, labels, _ in documents.pods()]
    for kind in ("Deployment", "PodDisruptionBudget"):
        chosen = [
            title for each in documents.of(kind) for title, labels in pods if network.matches(each["spec"]["selector"], labels)]
        assert len(chosen) == len(set(chosen)), kind
    services = [title for each in documents.of("Service") for title, labels in pods if "-worker" in each["metadata"]["name"]
                and network.matches({"matchLabels": each["spec"]["selector"]}, labels)]
    assert len(services) == len(set(services)) == len([title for title, _ in pods if "-worker" in title])


def test_pods_of_all_pools_are_workers_and_deployments_have_names_of_their_own():
    documents = chart.manifests("worker-pools")
    deployments = [worker(documents, pool) for pool in POOLS]
    component = "app.kubernetes.io/component"
    assert [each["spec"]["template"]["metadata"]["labels"][component] for each in deployments] == ["worker"] * 3
    assert [each["metadata"]["labels"][component] for each in deployments] == ["worker", "worker-spot", "worker-arm"]
    # Prometheus names its jobs by the label of the Service, on which the alerts are based.
    assert {documents.one("Service", f"pixelflow-worker{pool}")["metadata"]["labels"][component] for pool in POOLS} == {"worker"}


def test_pools_reach_what_workers_reach():
    documents = chart.manifests("worker-pools")
    policies = documents.of("NetworkPolicy")
    pods = {name: network.Pod(name, labels, chart.NAMESPACE) for name, labels, _ in documents.pods()}
    backends = {"pixelflow-mongodb": 27017, "pixelflow-kafka": 9092, "pixelflow-s3": 8333, "pixelflow-postgres": 5432, "pixelflow-api": 8080}
    for pool in POOLS:
        own = pods[f"pixelflow-worker{pool}"]
        reach = {name for name, port in backends.items() if network.allowed(policies, own, pods[name], port)}
        assert reach == {"pixelflow-mongodb", "pixelflow-kafka", "pixelflow-s3"}, pool
        assert network.allowed(policies, own, network.Address("93.184.216.34"), 443)
        prometheus = network.Pod("prometheus", {"app.kubernetes.io/name": "prometheus"}, "monitoring")
        assert network.allowed(policies, prometheus, own, 8081)


def test_the_lag_is_shown_high_enough_for_each_pool():
    documents = chart.manifests("worker-pools")
    targets = {pool: documents.one("HorizontalPodAutoscaler", f"pixelflow-worker{pool}")["spec"] for pool in POOLS}
    assert {pool: spec["metrics"][0]["external"]["target"]["averageValue"] for pool, spec in targets.items()} == {"": "20", "-spot": "40", "-arm": "20"}
    assert {pool: spec["scaleTargetRef"]["name"] for pool, spec in targets.items()} == {pool: f"pixelflow-worker{pool}" for pool in POOLS}
    adapter = environment(documents.one("Deployment", "pixelflow-metrics-adapter"))
    assert adapter["PIXELFLOW_ADAPTER_TARGET"] == "40"
    assert int(environment(documents.one("Deployment", "pixelflow-api"))["PIXELFLOW_DISPATCH_WINDOW"]) > 44


def test_keda_removes_the_last_worker_and_helm_test_does_not_ask_it():
    documents = chart.manifests("scale-to-zero")
    first, warm = (documents.one("ScaledObject", f"pixelflow-worker{pool}")["spec"] for pool in ("", "-warm"))
    assert [(each["minReplicaCount"], each["maxReplicaCount"], each["cooldownPeriod"]) for each in (first, warm)] == [(0, 8, 600), (0, 4, 600)]
    # A lag that cannot be read starts a worker.
    assert {trigger["metadata"]["scaleToZeroOnInvalidOffset"] for trigger in first["triggers"]} == {"false"}
    probe = next(each for each in documents.of("Pod") if each["metadata"]["name"] == "pixelflow-test")
    assert not [argument for argument in probe["spec"]["containers"][0]["args"] if "worker" in argument]
    assert [each for each in next(each for each in chart.manifests("defaults").of("Pod"))["spec"]["containers"][0]["args"] if "-worker:" in each]


def test_a_pool_of_some_lanes_takes_and_counts_their_tasks_only():
    documents = chart.manifests("scale-to-zero")
    assert "PIXELFLOW_WORKER_LANES" not in environment(worker(documents, ""))
    assert environment(worker(documents, "-warm"))["PIXELFLOW_WORKER_LANES"] == "high,normal"
    topics = [
        [trigger["metadata"]["topic"] for trigger in documents.one("ScaledObject", f"pixelflow-worker{pool}")["spec"]["triggers"]]
        for pool in ("", "-warm")]
    assert topics == [["image-tasks.high", "image-tasks", "image-tasks.low"], ["image-tasks.high", "image-tasks"]]
    warm = documents.one("ScaledObject", "pixelflow-worker-warm")["spec"]
    assert warm["advanced"]["scalingModifiers"]["formula"] == " + ".join(trigger["name"] for trigger in warm["triggers"]) == "high + normal"


def test_the_autoscaler_of_a_pool_counts_the_lanes_that_the_pool_takes():
    documents = chart.manifests_with(worker={
        "lanes": ["normal", "low"], "autoscaling": {"maxReplicas": 6},
        "pools": [{"name": "urgent", "lanes": ["high"]}]})
    selectors = {
        pool: documents.one("HorizontalPodAutoscaler", f"pixelflow-worker{pool}")["spec"]["metrics"][0]["external"]["metric"]["selector"]
        for pool in ("", "-urgent")}
    assert {each["matchLabels"]["topic"] for each in selectors.values()} == {"image-tasks"}
    assert {pool: each["matchExpressions"] for pool, each in selectors.items()} == {
        pool: [{"key": "lane", "operator": "In", "values": lanes}] for pool, lanes in (("", ["normal", "low"]), ("-urgent", ["high"]))}
    for pool, each in selectors.items():
        assert environment(worker(documents, pool))["PIXELFLOW_WORKER_LANES"].split(",") == each["matchExpressions"][0]["values"]


def test_servers_of_a_mesh_cover_each_pool():
    documents = chart.manifests("scale-to-zero")
    pods = {name: labels for name, labels, _ in documents.pods()}
    for pool in ("", "-warm"):
        servers = [each["metadata"]["name"] for each in documents.of("Server") if network.matches(each["spec"]["podSelector"], pods[f"pixelflow-worker{pool}"])]
        assert servers == [f"pixelflow-worker{pool}"]


def test_pods_are_spread_over_zones_as_strictly_as_it_is_said():
    for name, expected in (("defaults", "ScheduleAnyway"), ("worker-pools", "DoNotSchedule")):
        for _, labels, spec in chart.manifests(name).pods():
            for each in spec.get("topologySpreadConstraints", []):
                zone = each["topologyKey"] == "topology.kubernetes.io/zone"
                assert each["whenUnsatisfiable"] == (expected if zone else "ScheduleAnyway")
                assert network.matches(each["labelSelector"], labels)


def test_cpu_is_resized_in_place_and_memory_by_a_restart():
    for name, _, spec in chart.manifests("worker-pools").pods():
        if name.split("-", 1)[1].startswith(("web", "auth", "api", "worker", "metrics-adapter")):
            assert {each["resourceName"]: each["restartPolicy"] for each in spec["containers"][0]["resizePolicy"]} == {
                "cpu": "NotRequired", "memory": "RestartContainer"}
    assert "resizePolicy" not in chart.rendered("defaults")


@pytest.mark.parametrize("values, said", [
    ({"autoscaling": {"minReplicas": 0}}, "only worker.autoscaling.mode keda"),
    ({"pools": [{"name": "a"}, {"name": "a"}], "autoscaling": {"maxReplicas": 2}}, "two pools a"),
    ({"pools": [{"name": "a"}]}, "together 24, above kafka.partitions (12)"),
    ({"pools": [{"name": "a", "autoscaling": {"mode": "cpu"}}], "autoscaling": {"maxReplicas": 2}}, "have to be the same"),
    ({"pools": [{"name": "a", "renderProcesses": 3}], "autoscaling": {"maxReplicas": 2}}, "worker.pools[a] leaves each render process 610 Mi, worker 916 Mi"),
    ({"pools": [{"name": "a", "resources": {"limits": {"memory": "512Mi"}}}], "autoscaling": {"maxReplicas": 2}}, "worker.pools[a].resources.limits.memory (512 Mi)"),
    ({"pools": [{"name": "a", "renderTimeoutSeconds": 500}], "autoscaling": {"maxReplicas": 2}}, "worker.pools[a].shutdownGraceSeconds"),
    ({"pools": [{"name": "A"}]}, "pattern"), ({"pools": [{"name": "a-name-too-long-x"}]}, "pattern"), ({"pools": [{"replicas": 1}]}, "name"),
    ({"pools": [{"name": "a", "lanes": ["urgent"]}]}, "lanes"),
])
def test_pools_that_cannot_work_are_refused(values, said):
    done = chart.template({"worker": values})
    assert done.returncode != 0 and said in done.stderr, done.stderr
