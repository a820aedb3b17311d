"""The commands of docs/webhooks.md against a pixelflow."""

import json
import os
import re
import shutil
import subprocess

from harness.loading import ROOT
from harness.pixelflow import Instance
from harness.requests import call_expecting

ACCOUNT = {"email": "ada@example.com", "password": "correct horse"}


def test_commands(build, tmp_path):
    add, batch, look = re.findall(r"^```sh\n(.*?)^```", (ROOT / "docs" / "webhooks.md").read_text(), re.MULTILINE | re.DOTALL)
    with Instance(build / "pixelflow", tmp_path) as instance:
        call_expecting(201, "POST", f"{instance.bases['auth']}/register", body=ACCOUNT)
        token = call_expecting(200, "POST", f"{instance.bases['auth']}/login", body=ACCOUNT).json()["token"]

        def run(block, **more):
            script = f"set -euo pipefail\n{block.replace('http://localhost:3000', instance.bases['web'])}"
            done = subprocess.run(
                ["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=60, env={**os.environ, "TOKEN": token, **more})
            assert done.returncode == 0, f"{done.stdout}{done.stderr}"
            return done.stdout

        webhook = json.loads(run(add))
        assert webhook["secret"].startswith("whsec_")
        assert webhook["url"] == "https://example.com/hook"
        # There are no deliveries yet, so none has failed.
        assert run(look, WEBHOOK=webhook["id"]) == '{"deliveries":[],"next_cursor":null}{"replayed":0}'
        for name in ("a.jpg", "b.jpg"):
            shutil.copy(ROOT / "docs" / "sample.jpg", tmp_path / name)
        # The tasks, and then the batch.
        *tasks, closed = run(batch).replace("}{", "}\n{").splitlines()
        assert [json.loads(task)["status"] for task in tasks] == ["PENDING", "PENDING"]
        assert json.loads(closed)["counts"]["total"] == 2
