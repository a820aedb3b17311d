"""The README's commands, against a pixelflow and against the four services."""

import json
import os
import re
import subprocess

from harness.loading import ROOT
from harness.pictures import check_picture
from harness.pixelflow import SERVICES, Instance
from harness.ports import free_ports

README = (ROOT / "README.md").read_text()


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def commands(bases):
    """The commands as one script, on the ports and in the folder of this test."""
    text = "\n".join(blocks("sh"))
    for name, port in SERVICES.items():
        text = text.replace(f"localhost:{port}", bases[name].removeprefix("http://"))
    return f"set -euo pipefail\nln -s {ROOT}/docs docs\n{text}"


def wait_for_task(api):
    return (
        "for _ in $(seq 300); do "
        f"[ \"$(curl -s {api}/api/tasks/$TASK -H \"Authorization: Bearer $TOKEN\" | jq -r .status)\" = COMPLETED ] && break; "
        "sleep 0.1; done"
    )


def test_readme_commands(build, tmp_path):
    with Instance(build / "pixelflow", tmp_path) as instance:
        # People fetch an output seconds after the upload, not immediately.
        script = commands(instance.bases).replace("\n# an output\n", f"\n{wait_for_task(instance.bases['api'])}\n")
        done = subprocess.run(["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, f"{done.stdout}{done.stderr}"
    check_picture(tmp_path, (tmp_path / "small.webp").read_bytes(), (640, 480))
    last = json.loads(done.stdout.strip().splitlines()[-1])
    assert [output["name"] for output in last["pipeline"]["outputs"]] == ["thumb", "hero"]


def test_readme_commands_for_the_four_services(build):
    """On free ports, with the running servers."""
    (block,) = blocks("bash")
    *ports, second, management = free_ports(len(SERVICES) + 2)
    ports = dict(zip(SERVICES, ports))
    bases = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
    settings = {f"PIXELFLOW_{name.upper()}_PORT": str(port) for name, port in ports.items()} | {
        "PIXELFLOW_JWKS_URL": f"{bases['auth']}/.well-known/jwks.json", "PIXELFLOW_AUTH_URL": bases["auth"],
        "PIXELFLOW_WEB_AUTH_URL": bases["auth"],
        "PIXELFLOW_WEB_API_URL": bases["api"], "PIXELFLOW_LOG_LEVEL": "warning", "PIXELFLOW_WEB_MANAGEMENT_PORT": str(management)}
    for old, new in (
        (".build/release", str(build)), ("PORT=8082", f"PORT={second}"), ("make build-services stack-up", "scripts/stack up"),
        ("BASE_API=http://localhost:8080 make e2e", "scripts/e2e"),
    ):
        assert old in block
        block = block.replace(old, new)
    wait = "".join(f"curl -s --retry 60 --retry-all-errors --retry-delay 1 -fo /dev/null {base}/readyz\n" for base in bases.values())
    script = "set -euo pipefail\ntrap 'kill $(jobs -p); wait' EXIT\n" + block.replace("scripts/e2e", wait + "scripts/e2e")
    done = subprocess.run(
        ["bash", "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=240,
        env={**os.environ, **settings, **{f"BASE_{name.upper()}": base for name, base in bases.items()}})
    assert done.returncode == 0, f"{done.stdout}{done.stderr}"
    assert done.stdout.count("✓") == 7, done.stdout
