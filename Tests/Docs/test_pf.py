"""The commands of docs/pf.md against a pixelflow."""

import os
import re
import shutil
import subprocess

from harness.loading import ROOT
from harness.pictures import check_picture
from harness.pixelflow import Instance

ACCOUNT = '{"email":"ada@example.com","password":"correct horse"}'


def test_commands(build, tmp_path):
    (block,) = re.findall(r"^```sh\n(.*?)^```", (ROOT / "docs" / "pf.md").read_text(), re.MULTILINE | re.DOTALL)
    shutil.copy(ROOT / "docs" / "sample.jpg", tmp_path)
    with Instance(build / "pixelflow", tmp_path) as instance:
        register = f"curl -sf {instance.bases['auth']}/register -d '{ACCOUNT}' > account"
        script = f"set -euo pipefail\n{register}\n{block.replace('http://localhost:3000', instance.bases['web'])}"
        done = subprocess.run(
            ["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=120,
            env={**os.environ, "HOME": str(tmp_path), "PATH": f"{build}:{os.environ['PATH']}", "PIXELFLOW_PASSWORD": "correct horse"})
    assert done.returncode == 0, f"{done.stdout}{done.stderr}"
    assert "COMPLETED" in done.stdout.splitlines()[-1], done.stdout
    check_picture(tmp_path, (tmp_path / "results" / "sample-small.webp").read_bytes(), (640, 480))
