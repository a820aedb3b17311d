"""The services, started with exactly the environment that the chart gives them, on real servers of this computer: only
names of hosts, ports and passwords are replaced. Needs `make stack-up`'s settings and the debug executables."""

import os
import re
import secrets
import subprocess
from urllib.parse import parse_qs, urlsplit

import pytest

import chart
from chart import environment
from harness.pixelflow import stop_all
from harness.ports import free_ports
from harness.process import Process

BUILD = chart.ROOT / ".build" / "debug"
SERVERS = {"postgres": "PIXELFLOW_TEST_POSTGRES_URL", "mongodb": "PIXELFLOW_TEST_MONGODB_URL", "kafka": "PIXELFLOW_TEST_KAFKA_URL", "s3": "PIXELFLOW_TEST_S3_URL",
           "redis": "PIXELFLOW_CACHE_URL"}


def replacements(urls, ports):
    """From the addresses in the cluster to those on this computer."""
    s3 = parse_qs(urlsplit(urls["s3"]).query)["endpoint"][0]
    found = {
        "pixelflow-postgres:5432": urlsplit(urls["postgres"]).netloc.rpartition("@")[2],
        "pixelflow-mongodb:27017": urlsplit(urls["mongodb"]).netloc.rpartition("@")[2],
        "pixelflow-kafka:9092": urlsplit(urls["kafka"]).netloc,
        "http://pixelflow-s3:8333": s3,
        # The stand-in of MongoDB knows no users.
        "pixelflow-redis:6379": urlsplit(urls["redis"]).netloc,
        "pixelflow:not-asked@": "", ":not-asked@": "", "authSource=admin": "directConnection=true",
    }
    return found | {f"pixelflow-{name}:{port}": f"127.0.0.1:{ports[name]}" for name, port in (("auth", 50051), ("api", 8080))}


def here(workload, passwords, replaced, name, port):
    """A workload's environment, as Kubernetes would expand it, with the addresses of this computer."""
    values = {}
    for key, value in environment(workload).items():
        if isinstance(value, dict):
            value = passwords[value["secretKeyRef"]["key"]]
        value = re.sub(r"\$\((\w+)\)", lambda found: values[found.group(1)], value)
        for old, new in replaced.items():
            value = value.replace(old, new)
        values[key] = value
    assert values[f"PIXELFLOW_{name.upper()}_PORT"] and values["PIXELFLOW_HOST"] == "0.0.0.0"
    return values | {f"PIXELFLOW_{name.upper()}_PORT": str(port), "PIXELFLOW_HOST": "127.0.0.1"}


@pytest.fixture
def running(tmp_path):
    urls = {name: os.environ.get(variable) for name, variable in SERVERS.items()}
    missing = [SERVERS[name] for name, url in urls.items() if not url] + [name for name in chart.SERVICES if not (BUILD / f"pixelflow-{name}").exists()]
    if missing:
        pytest.skip(f"needs make stack-up and a debug build; there is no {', '.join(missing)}")
    own = f"chart-{secrets.token_hex(4)}"
    # Guests of the end-to-end test have no invitation.
    documents = chart.manifests_with(auth={"registration": "open"}, s3={"bucket": own}, kafka={"topic": own, "deadLetterTopic": f"{own}.dlq", "eventsTopic": f"{own}-events", "group": own})
    ports = dict(zip(chart.SERVICES, free_ports(len(chart.SERVICES))))
    passwords = {
        "service-secret": secrets.token_hex(20), "postgres-password": urlsplit(urls["postgres"]).password, "mongodb-password": "not-asked", "redis-password": "not-asked",
        "s3-access-key": os.environ["PIXELFLOW_S3_ACCESS_KEY"], "s3-secret-key": os.environ["PIXELFLOW_S3_SECRET_KEY"]}
    bases, processes = {}, {}
    try:
        for name, port in ports.items():
            workload = documents.one("Deployment", f"pixelflow-{name}")
            values = here(workload, passwords, replacements(urls, ports), name, port)
            processes[name] = Process([BUILD / f"pixelflow-{name}"], tmp_path / f"{name}.log", values, folder=tmp_path)
            bases[f"BASE_{name.upper()}"] = f"http://127.0.0.1:{port}"
        for base, process in zip(bases.values(), processes.values()):
            process.wait_until_ready(base)
        yield bases
    finally:
        late = stop_all(processes)
    assert not late
    assert {process.status for process in processes.values()} == {0}


def test_the_environment_of_the_chart_makes_a_working_product(running):
    done = subprocess.run([chart.ROOT / "scripts" / "e2e"], env={**os.environ, **running}, capture_output=True, text=True, timeout=180)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("✓") == 7
