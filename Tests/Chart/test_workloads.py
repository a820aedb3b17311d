"""What matters in the workloads, one by one."""

import re

import pytest

import chart
from chart import environment

SOURCES = chart.ROOT / "Sources"


def deployment(documents, name):
    return documents.one("Deployment", f"pixelflow-{name}")


def test_every_setting_is_one_that_the_services_know():
    known = {
        name for path in SOURCES.rglob("*.swift") for name in re.findall(r'"(PIXELFLOW_[A-Z0-9_]+)"', path.read_text())
    }
    documents = chart.manifests("everything")
    used = {
        name for kind in documents.of("Deployment") for name in environment(kind) if name.startswith("PIXELFLOW_")
    }
    assert used and used <= known, used - known


def test_the_door_and_the_fetcher_agree_on_ports():
    documents = chart.manifests("defaults")
    values = {environment(deployment(documents, name))["PIXELFLOW_FETCH_ALLOW_PORTS"] for name in ("api", "worker")}
    assert values == {"80,443"}


def test_a_variable_stands_before_what_refers_to_it():
    for workload in chart.manifests("defaults").of("Deployment"):
        seen = set()
        for each in workload["spec"]["template"]["spec"]["containers"][0]["env"]:
            assert set(re.findall(r"\$\((\w+)\)", each.get("value", ""))) <= seen, each
            seen.add(each["name"])


def test_services_are_wired_to_each_other():
    documents = chart.manifests("defaults")
    web, api, auth = (environment(deployment(documents, name)) for name in ("web", "api", "auth"))
    assert web["PIXELFLOW_WEB_AUTH_URL"] == "http://pixelflow-auth:50051"
    assert web["PIXELFLOW_WEB_API_URL"] == "http://pixelflow-api:8080"
    assert api["PIXELFLOW_JWKS_URL"] == "http://pixelflow-auth:50051/.well-known/jwks.json"
    assert auth["PIXELFLOW_AUTH_DATABASE_URL"] == "postgres://pixelflow:$(POSTGRES_PASSWORD)@pixelflow-postgres:5432/pixelflow"
    assert api["PIXELFLOW_TASK_DATABASE_URL"] == "mongodb://pixelflow:$(MONGODB_PASSWORD)@pixelflow-mongodb:27017/pixelflow?authSource=admin"
    assert api["PIXELFLOW_BROKER_URL"] == "kafka://pixelflow-kafka:9092"
    assert api["PIXELFLOW_BLOB_URL"].startswith("s3://pixelflow?endpoint=http://pixelflow-s3:8333&")
    worker = environment(deployment(documents, "worker"))
    for shared in ("PIXELFLOW_TASK_DATABASE_URL", "PIXELFLOW_BROKER_URL", "PIXELFLOW_BLOB_URL", "PIXELFLOW_KAFKA_TOPIC", "PIXELFLOW_KAFKA_GROUP"):
        assert worker[shared] == api[shared]


@pytest.mark.parametrize("name", chart.SERVICES)
def test_services_leave_calmly(name):
    pod = deployment(chart.manifests("defaults"), name)["spec"]["template"]["spec"]
    container = pod["containers"][0]
    assert {probe: container[probe]["httpGet"]["path"] for probe in ("startupProbe", "livenessProbe", "readinessProbe")} == {
        "startupProbe": "/livez", "livenessProbe": "/livez", "readinessProbe": "/readyz"}
    stop = container.get("lifecycle", {}).get("preStop", {})
    assert set(stop) <= {"sleep"}
    assert bool(stop) == (name != "worker")
    # Ten seconds for what is open, twenty for what must be written down.
    assert pod["terminationGracePeriodSeconds"] >= stop.get("sleep", {}).get("seconds", 0) + 30


def test_a_worker_is_given_longer_than_its_longest_job():
    worker = deployment(chart.manifests_with(worker={"shutdownGraceSeconds": 300, "renderTimeoutSeconds": 200}), "worker")
    assert environment(worker)["PIXELFLOW_SHUTDOWN_GRACE"] == "300"
    assert worker["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] == 330


@pytest.mark.parametrize("name", [path.stem for path in chart.SETS])
def test_only_who_talks_to_the_api_server_has_a_token(name):
    with_token = {title for title, _, spec in chart.manifests(name).pods() if spec["automountServiceAccountToken"]}
    assert {title.split("-", 1)[1] if title.startswith("pixelflow") else "" for title in with_token} <= {
        "metrics-adapter", "bootstrap-secrets", ""}


def test_budgets_are_for_more_than_one_pod():
    assert chart.manifests("one-replica").of("PodDisruptionBudget") == []
    budgets = chart.manifests("defaults").of("PodDisruptionBudget")
    assert {each["spec"]["maxUnavailable"] for each in budgets} == {1}
    assert {each["metadata"]["name"] for each in budgets} == {f"pixelflow-{name}" for name in chart.SERVICES}


def test_images_follow_the_global_registry_tag_and_digest():
    for _, _, spec in chart.manifests("global-registry").pods():
        assert spec["containers"][0]["image"].startswith("registry.example.com/mirror/")
        assert spec["imagePullSecrets"] == [{"name": "mirror"}]
    assert deployment(chart.manifests("global-registry"), "api")["spec"]["template"]["spec"]["containers"][0]["image"].endswith("pixelflow/api:1.2.3")
    digest = chart.manifests("digest")
    image = deployment(digest, "web")["spec"]["template"]["spec"]["containers"][0]["image"]
    assert image == "localhost/pixelflow/web@sha256:" + "0" * 63 + "1"
    kafka = digest.one("StatefulSet", "pixelflow-kafka")["spec"]["template"]["spec"]["containers"][0]["image"]
    assert kafka == "docker.io/apache/kafka@sha256:" + "0" * 63 + "7"


def test_the_version_is_the_one_of_the_sources():
    version = re.search(r'version = "([^"]+)"', (SOURCES / "PixelFlowRelease" / "Release.swift").read_text()).group(1)
    about = chart.yaml.safe_load((chart.CHART / "Chart.yaml").read_text())
    assert about["appVersion"] == version


def test_storage_class_is_the_global_one_unless_named():
    documents = chart.manifests("global-registry")
    claims = [claim["spec"] for each in documents.of("StatefulSet") for claim in each["spec"].get("volumeClaimTemplates", [])]
    assert len(claims) == 4
    assert {claim["storageClassName"] for claim in claims} == {"fast"}
    sets = chart.manifests("defaults").of("StatefulSet")
    assert all("storageClassName" not in claim["spec"] for each in sets for claim in each["spec"].get("volumeClaimTemplates", []))


def test_external_urls_are_kept_in_a_secret_and_roll_the_pods():
    documents = chart.manifests("external-urls")
    assert not documents.of("StatefulSet")
    # What auth and api share is made, and no password of a backing service.
    job = documents.one("Job", "pixelflow-bootstrap-secrets")
    arguments = job["spec"]["template"]["spec"]["containers"][0]["args"]
    assert [each for each in arguments if each.startswith("--key=")] == ["--key=service-secret"]
    secret = documents.one("Secret", "pixelflow-external")
    assert set(secret["data"]) == {"postgres-url", "mongodb-url", "kafka-url", "redis-url", "s3-access-key", "s3-secret-key"}
    assert "u:p@" not in chart.rendered("external-urls")
    one = deployment(documents, "auth")["spec"]["template"]["metadata"]["annotations"]["checksum/external"]
    values = chart.yaml.safe_load(chart.values_of("external-urls").read_text())
    values["postgres"]["external"]["url"] = "postgres://u:other@db.example.com/pixelflow"
    other = deployment(chart.manifests_with(**values), "auth")["spec"]["template"]["metadata"]["annotations"]["checksum/external"]
    assert one != other


def test_external_secrets_are_read_by_their_own_keys():
    documents = chart.manifests("external-secrets")
    auth, api = environment(deployment(documents, "auth")), environment(deployment(documents, "api"))
    assert auth["PIXELFLOW_AUTH_DATABASE_URL"] == {"secretKeyRef": {"name": "images-db-app", "key": "uri"}}
    assert api["PIXELFLOW_TASK_DATABASE_URL"] == {"secretKeyRef": {"name": "atlas-connection", "key": "connectionStringStandardSrv"}}
    assert api["PIXELFLOW_S3_SECRET_KEY"] == {"secretKeyRef": {"name": "bucket", "key": "AWS_SECRET_ACCESS_KEY"}}


def test_requests_are_counted_where_the_values_say():
    def cache(name, service):
        return environment(deployment(chart.manifests(name), service))["PIXELFLOW_CACHE_URL"]

    for service in ("auth", "api"):
        assert cache("defaults", service) == "redis://:$(REDIS_PASSWORD)@pixelflow-redis:6379/0"
        assert cache("external-urls", service) == {"secretKeyRef": {"name": "pixelflow-external", "key": "redis-url"}}
        assert cache("external-secrets", service) == {"secretKeyRef": {"name": "cache", "key": "uri"}}
        assert cache("no-redis", service) == "memory:"
        assert environment(deployment(chart.manifests("no-redis"), service))["PIXELFLOW_RATE_LIMITS"] == "off"
    assert "PIXELFLOW_CACHE_URL" not in environment(deployment(chart.manifests("defaults"), "worker"))
    egress = chart.manifests("no-redis").one("NetworkPolicy", "pixelflow-auth")["spec"]["egress"]
    assert 6379 not in {port["port"] for rule in egress for port in rule["ports"]}


def test_the_secret_is_made_once_before_everything_else():
    documents = chart.manifests("defaults")
    job = documents.one("Job", "pixelflow-bootstrap-secrets")
    assert job["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade"
    assert job["spec"]["template"]["spec"]["containers"][0]["args"] == [
        "bootstrap-secrets", f"--namespace={chart.NAMESPACE}", "--name=pixelflow-secrets", "--key=service-secret", "--key=postgres-password", "--key=mongodb-password",
        "--key=s3-access-key", "--key=s3-secret-key", "--key=redis-password", "--certificate=s3-grpc", "--annotation=argocd.argoproj.io/sync-options=Prune=false",
        "--annotation=argocd.argoproj.io/compare-options=IgnoreExtraneous", "--label=app.kubernetes.io/instance=pixelflow", "--label=app.kubernetes.io/part-of=pixelflow"]
    role = documents.one("Role", "pixelflow-bootstrap-secrets")
    assert role["rules"] == [
        {"apiGroups": [""], "resources": ["secrets"], "verbs": ["create"]},
        {"apiGroups": [""], "resources": ["secrets"], "resourceNames": ["pixelflow-secrets"], "verbs": ["get", "patch"]}]
    weight = {each["kind"]: int(each["metadata"]["annotations"]["helm.sh/hook-weight"]) for each in documents if "bootstrap" in each["metadata"]["name"]}
    assert all(weight[kind] < weight["Job"] for kind in weight if kind != "Job")
    # Every key that a pod reads is made.
    read = set(re.findall(r"name: pixelflow-secrets, key: ([a-z0-9-]+)", chart.rendered("defaults")))
    assert read == {"service-secret", "postgres-password", "mongodb-password", "s3-access-key", "s3-secret-key", "redis-password"}


def test_an_existing_secret_is_taken_as_it_is():
    documents = chart.manifests("existing-secret")
    assert not documents.of("Job")
    assert environment(deployment(documents, "auth"))["POSTGRES_PASSWORD"]["secretKeyRef"]["name"] == "from-vault"


def test_openshift_decides_who_pods_run_as():
    ids = {"runAsUser", "runAsGroup", "fsGroup"}
    for _, _, spec in chart.manifests("openshift").pods():
        assert not ids & set(spec["securityContext"])
    for _, _, spec in chart.manifests("defaults").pods():
        assert ids <= set(spec["securityContext"])


def test_everything_listens_on_addresses_of_the_version_that_pods_have():
    documents = chart.manifests("ipv6")
    for each in documents.of("Deployment"):
        assert environment(each)["PIXELFLOW_HOST"] == "::"
    container = {
        name: documents.one("StatefulSet", f"pixelflow-{name}")["spec"]["template"]["spec"]["containers"][0] for name in ("mongodb", "s3")}
    assert "-s3.ip.bind=::" in container["s3"]["args"] and "--ipv6" in container["mongodb"]["args"]
    assert "--ipv6" not in chart.manifests("defaults").one("StatefulSet", "pixelflow-mongodb")["spec"]["template"]["spec"]["containers"][0]["args"]


def test_workers_give_way_to_everything_else():
    documents = chart.manifests("defaults")
    priority = {each["metadata"]["name"]: each for each in documents.of("PriorityClass")}
    classes = {name: spec.get("priorityClassName") for name, _, spec in documents.pods()}
    workers = classes.pop("pixelflow-worker")
    assert set(classes.values()) == {None}
    # Below what pods have by default, and above what the cluster autoscaler takes for expendable.
    assert -10 < priority[workers]["value"] < 0 and priority[workers]["preemptionPolicy"] == "Never"
    own = chart.manifests_with(worker={"priorityClassName": "batch"})
    assert not own.of("PriorityClass")
    assert deployment(own, "worker")["spec"]["template"]["spec"]["priorityClassName"] == "batch"
    assert not chart.manifests_with(priorityClass={"create": False}).of("PriorityClass")


def test_seaweedfs_closes_its_grpc_port_and_reports_nothing():
    pod = chart.manifests("defaults").one("StatefulSet", "pixelflow-s3")["spec"]["template"]["spec"]
    container = pod["containers"][0]
    assert "-master.telemetry=false" in container["args"]
    variables = {each["name"]: each.get("value") for each in container["env"]}
    mount = next(each["mountPath"] for each in container["volumeMounts"] if each["name"] == "grpc")
    secret = next(each["secret"] for each in pod["volumes"] if each["name"] == "grpc")
    files = {f"{mount}/{each['path']}": each["key"] for each in secret["items"]}
    assert {name: files[variables[name]] for name in variables if name.startswith("WEED_")} == {
        "WEED_GRPC_CA": "s3-grpc-ca.crt", "WEED_GRPC_S3_CERT": "s3-grpc.crt", "WEED_GRPC_S3_KEY": "s3-grpc.key"}
    assert secret["secretName"] == "pixelflow-secrets" and secret["optional"] is False
    own = chart.manifests("existing-secret").one("StatefulSet", "pixelflow-s3")["spec"]["template"]["spec"]
    assert next(each["secret"]["optional"] for each in own["volumes"] if each["name"] == "grpc")


def test_kafka_is_bounded_by_less_than_its_volume():
    documents = chart.manifests("defaults")
    kafka = documents.one("StatefulSet", "pixelflow-kafka")
    settings = environment(kafka)
    # Of each partition at most what is kept and the segment that is being written.
    partition = int(settings["KAFKA_LOG_RETENTION_BYTES"]) + int(settings["KAFKA_LOG_SEGMENT_BYTES"])
    topics = 3 * int(settings["KAFKA_NUM_PARTITIONS"])
    assert kafka["spec"]["volumeClaimTemplates"][0]["spec"]["resources"]["requests"]["storage"] == "5Gi"
    assert topics * partition < 0.75 * 5 * 2**30
    logs = next(each for each in kafka["spec"]["template"]["spec"]["volumes"] if each["name"] == "logs")
    assert logs["emptyDir"] == {"sizeLimit": "256Mi"} and "-loggc" not in settings["EXTRA_ARGS"]
