"""compose, kind, the cluster add-ons and CI: as far as they can be checked without an engine, a cluster or GitHub."""

import re
import subprocess

import kubernetes_validate
import pytest

import chart

COMPOSE = chart.ROOT / "compose.yaml"
WORKFLOW = chart.ROOT / ".github" / "workflows" / "ci.yml"
TARGETS = (
    "chart-test images kind-up kind-down helm-install up down restart ps logs health clean "
    "db-postgres db-mongo kafka-topics kafka-consumer kafka-groups").split()


@pytest.fixture(scope="module")
def compose():
    done = subprocess.run(["podman-compose", "--file", COMPOSE, "config"], env=chart.TOOLS, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return chart.yaml.safe_load(done.stdout)


def container_of(kind, name):
    return chart.manifests("defaults").one(kind, f"pixelflow-{name}")["spec"]["template"]["spec"]["containers"][0]


def test_compose_runs_the_same_versions_as_the_chart(compose):
    for name in chart.SERVICES:
        assert compose["services"][name]["image"] == container_of("Deployment", name)["image"]
    for name in ("postgres", "mongodb", "kafka", "s3", "redis"):
        assert compose["services"][name]["image"] == container_of("StatefulSet", name)["image"]


def test_compose_starts_kafka_and_s3_as_the_chart_does(compose):
    kafka = {each["name"]: each["value"] for each in container_of("StatefulSet", "kafka")["env"]}
    kafka["KAFKA_ADVERTISED_LISTENERS"] = "PLAINTEXT://kafka:9092"
    assert compose["services"]["kafka"]["environment"] == kafka
    assert compose["services"]["s3"]["command"] == container_of("StatefulSet", "s3")["args"]


def test_compose_closes_the_grpc_port_of_s3_as_the_chart_does(compose):
    """By files that are not there, which test_seaweedfs.py asks of the genuine server."""
    service = compose["services"]["s3"]
    closing = {each["name"] for each in container_of("StatefulSet", "s3")["env"] if each["name"].startswith("WEED_")}
    assert closing and closing <= set(service["environment"])
    assert not [volume for volume in service["volumes"] if "nobody" in volume] and all(service["environment"][name].startswith("/nobody/") for name in closing)


def test_compose_uses_settings_that_the_chart_uses(compose):
    # Compose passes on the settings of mail, which are empty by default; the chart has them with mail only.
    documents = chart.manifests_with(
        auth={"mail": {"existingSecret": "mail", "from": "noreply@example.org", "publicURL": "https://images.example.org"}})
    for name in chart.SERVICES:
        known = {each["name"] for each in documents.one("Deployment", f"pixelflow-{name}")["spec"]["template"]["spec"]["containers"][0]["env"]}
        assert set(compose["services"][name]["environment"]) <= known, name


def test_compose_listens_on_this_computer_only(compose):
    ports = [port for service in compose["services"].values() for port in service.get("ports", [])]
    assert all(port.startswith("127.0.0.1:") for port in ports)
    published = {port.split(":")[1] for port in ports}
    assert published == {"3000", "50051", "8080", "8081", "9091"}


def test_backing_services_have_health_checks_and_volumes(compose):
    for name in ("postgres", "mongodb", "kafka", "s3", "prometheus"):
        assert compose["services"][name]["healthcheck"]["test"]
        for volume in compose["services"][name]["volumes"]:
            source = volume.split(":")[0]
            assert source in compose["volumes"] or (chart.ROOT / source).is_file(), volume


def test_compose_limits_redis_as_the_chart_does(compose):
    service = compose["services"]["redis"]
    assert service["healthcheck"]["test"] == ["CMD", *container_of("StatefulSet", "redis")["readinessProbe"]["exec"]["command"]]
    started = " ".join(service["command"])
    assert "--maxmemory 64mb --maxmemory-policy volatile-ttl" in started
    assert "--maxmemory 64mb --maxmemory-policy volatile-ttl" in " ".join(container_of("StatefulSet", "redis")["args"])


def test_services_are_asked_whether_they_are_ready(compose):
    for name in chart.SERVICES:
        assert compose["services"][name]["healthcheck"]["test"] == ["CMD", f"/pixelflow-{name}", "--probe"]


def test_compose_scrapes_every_service():
    config = chart.yaml.safe_load((chart.ROOT / "Dockerfiles" / "compose" / "prometheus.yml").read_text())
    jobs = {job["job_name"]: job["dns_sd_configs"][0] for job in config["scrape_configs"]}
    for name in chart.SERVICES:
        assert jobs[name]["names"] == [name]
        # The last is where the probes are, too: web's has one of its own for them.
        assert jobs[name]["port"] == container_of("Deployment", name)["ports"][-1]["containerPort"]


def test_cluster_addons_follow_the_schemas():
    for path in sorted((chart.ROOT / "k8s" / "addons").glob("*.yaml")):
        for document in chart.yaml.safe_load_all(path.read_text()):
            kubernetes_validate.validate(document, "1.36", strict=True)


def test_kind_makes_one_control_plane_and_two_workers():
    config = chart.yaml.safe_load((chart.ROOT / "kind-config.yaml").read_text())
    assert [node["role"] for node in config["nodes"]] == ["control-plane", "worker", "worker"]
    script = (chart.ROOT / "scripts" / "kind").read_text()
    assert f"readonly cluster={config['name']}\n" in script
    listed = [re.search(r"images=\(([^)]+)\)", text).group(1) for text in (script, (chart.ROOT / "scripts" / "images").read_text().replace("all=", "images="))]
    # The chart has no use for the all-in-one image.
    assert listed[1] == f"pixelflow {listed[0]}"


def test_make_has_the_targets():
    text = (chart.ROOT / "Makefile").read_text()
    known = set(re.findall(r"^([a-z0-9-]+):", text, re.MULTILINE))
    assert set(TARGETS) <= known and "\nlogs-%:" in text
    for script, command in re.findall(r"@scripts/(kind|compose) ([a-z0-9-]+)", text):
        assert re.search(rf"\b{command}\b", (chart.ROOT / "scripts" / script).read_text())


def test_actionlint_finds_nothing():
    done = subprocess.run(["actionlint", *sorted(WORKFLOW.parent.glob("*.yml"))], env=chart.TOOLS, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_ci_runs_what_make_has():
    workflow = chart.yaml.safe_load(WORKFLOW.read_text())
    assert {"test", "chart", "images", "kind"} <= set(workflow["jobs"])
    known = set(re.findall(r"^([a-z0-9-]+):", (chart.ROOT / "Makefile").read_text(), re.MULTILINE))
    commands = [step["run"] for job in workflow["jobs"].values() for step in job["steps"] if "run" in step]
    used = {target for command in commands for target in re.findall(r"^make ([a-z0-9-]+)", command, re.MULTILINE)}
    assert used and used <= known | {"static"}
    for job in workflow["jobs"].values():
        assert job["timeout-minutes"] and "runs-on" in job
        for step in job["steps"]:
            assert ("run" in step) != ("uses" in step)
            assert "@" in step.get("uses", "@")
    assert workflow["permissions"] == {"contents": "read"}


def test_ci_registers_through_the_page_of_an_installation_that_lets_anyone_in():
    steps = chart.yaml.safe_load(WORKFLOW.read_text())["jobs"]["kind"]["steps"]
    install, = (step for step in steps if step.get("run") == "make helm-install")
    assert "--set auth.registration=open" in install["env"]["HELM_ARGS"]
    check, = (step for step in steps if "scripts/e2e" in step.get("run", ""))
    # One forwarded port is enough.
    assert re.findall(r"svc/(\S+)", check["run"]) == ["pixelflow-web"]
    assert list(check["env"]) == ["BASE_WEB"]


@pytest.mark.parametrize("workflow", ["ci", "release"])
def test_the_all_in_one_image_is_tested_before_it_is_passed_on(workflow):
    steps = chart.yaml.safe_load((WORKFLOW.parent / f"{workflow}.yml").read_text())["jobs"]["images"]["steps"]
    commands = [step.get("run") or step["uses"] for step in steps]
    built, tested, passed_on = (
        next(position for position, command in enumerate(commands) if word in command)
        for word in ("images", "scripts/test-image", {"ci": "docker save", "release": "scripts/release/images push"}[workflow]))
    assert built < tested < passed_on


def test_ci_gives_the_check_of_a_cluster_pfctl():
    commands = [step.get("run", "") for step in chart.yaml.safe_load(WORKFLOW.read_text())["jobs"]["kind"]["steps"]]
    taken = next(position for position, command in enumerate(commands) if 'docker cp "$container:/pfctl"' in command)
    assert taken < next(position for position, command in enumerate(commands) if command.startswith("scripts/cluster/check"))
    assert "/pfctl" in (chart.ROOT / "Dockerfiles" / "Dockerfile").read_text()


def test_ci_keeps_what_a_failed_check_of_a_cluster_has_left():
    steps = chart.yaml.safe_load(WORKFLOW.read_text())["jobs"]["kind"]["steps"]
    position, step = next((position, step) for position, step in enumerate(steps) if step.get("run", "").startswith("scripts/cluster/check"))
    folder = re.search(r"--evidence (\S+)", step["run"])[1]
    kept, = (each for each in steps[position:] if each.get("with", {}).get("path") == folder)
    assert kept["uses"].startswith("actions/upload-artifact@") and kept["if"] == "failure()"
    # Two jobs of a matrix have two artefacts.
    assert "${{ matrix.helm }}" in kept["with"]["name"]


def test_ci_upgrades_from_the_latest_release():
    steps = chart.yaml.safe_load(WORKFLOW.read_text())["jobs"]["kind"]["steps"]
    upgrade, = (step["run"] for step in steps if "scripts/cluster/check --from" in step.get("run", ""))
    # The chart that a release pushes, and the step that upgrades it, which needs the tasks of a burst.
    release = (chart.ROOT / "scripts" / "release" / "chart").read_text()
    assert "oci://ghcr.io/${GITHUB_REPOSITORY_OWNER,,}/charts/pixelflow" in upgrade and '"oci://$registry/charts"' in release
    steps = re.search(r"--only (\S+)", upgrade)[1].split(",")
    assert [step for step in steps if step in ("burst", "next-release")] == ["burst", "next-release"]
    assert "gh release list" in upgrade


def test_ci_installs_with_both_helms():
    job = chart.yaml.safe_load(WORKFLOW.read_text())["jobs"]["kind"]
    matrix = job["strategy"]["matrix"]["include"]
    assert {str(each["helm"]).split(".")[0] for each in matrix} == {"3", "4"}
    assert all(re.fullmatch(r"[0-9a-f]{64}", each["sha256"]) for each in matrix)
    first = next(step for step in job["steps"] if "helm" in step.get("run", ""))
    assert "sha256sum --check --strict" in first["run"] and first["env"] == {"VERSION": "${{ matrix.helm }}", "SHA256": "${{ matrix.sha256 }}"}


def test_nothing_asks_helm_for_the_logs_of_a_test_whose_pod_it_has_deleted():
    """Helm 3 deletes the pod first, finds none, and exits with 1 although the test succeeded."""
    pod, = (each for each in chart.manifests("defaults").of("Pod") if each["metadata"]["name"] == "pixelflow-test")
    assert "hook-succeeded" in pod["metadata"]["annotations"]["helm.sh/hook-delete-policy"]
    files = [*WORKFLOW.parent.glob("*.yml"), *(chart.ROOT / "docs").rglob("*.md"), chart.CHART / "templates" / "NOTES.txt", chart.ROOT / "scripts" / "kind"]
    calls = [line for file in files for line in file.read_text().splitlines() if "helm test" in line]
    assert calls and not [line for line in calls if "--logs" in line]
