"""A backup is one only if it can be restored: into empty servers, on which PixelFlow then starts."""

import contextlib
import json
import os
import subprocess
import time

import pytest

from harness import stack
from harness.loading import ROOT, script
from harness.pictures import make_photo
from harness.pixelflow import Services
from harness.requests import call_expecting

ACCOUNT = {"email": "ada@example.org", "password": "a long enough passphrase"}
SETTINGS = {"PIXELFLOW_AUTH_BCRYPT_COST": "4", "PIXELFLOW_LOG_LEVEL": "warning"}
SECONDS = 120


class Installation:
    """Empty servers, and PixelFlow on them while it is asked for."""

    def __init__(self, build, folder, servers):
        self.build, self.folder = build, folder
        self.settings = {**os.environ, **SETTINGS, **servers.settings()}

    @contextlib.contextmanager
    def running(self):
        """The address of web."""
        with Services(self.build, self.folder, settings=self.settings) as services:
            yield services.base("web")

    def make_bucket(self):
        settings = [self.settings[name] for name in ("PIXELFLOW_BLOB_URL", "PIXELFLOW_S3_ACCESS_KEY", "PIXELFLOW_S3_SECRET_KEY")]
        script("scripts/cluster/object_store.py").Bucket(*settings).make()

    def backup(self, *arguments):
        command = [ROOT / ".venv-stack/bin/python", ROOT / "scripts/cluster/backup", *arguments]
        return subprocess.run(command, env=self.settings, capture_output=True, text=True, timeout=SECONDS)

    def backup_expecting(self, code, *arguments):
        done = self.backup(*arguments)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr


@pytest.fixture
def installation(build, tmp_path):
    """Makes installations, as many as are asked for."""
    with contextlib.ExitStack() as started:
        def make(name):
            folder = tmp_path / name
            folder.mkdir()
            return Installation(build, folder, started.enter_context(stack.own_servers(folder / "stack")))

        yield make


def log_in(base):
    return call_expecting(200, "POST", f"{base}/auth/login", body=ACCOUNT).json()["token"]


def finished_task(base, token, folder):
    photo = make_photo(folder)
    task = call_expecting(202, "POST", f"{base}/api/upload?preset=web", body=photo, content_type="image/jpeg", token=token).json()
    end = time.monotonic() + SECONDS
    while task["status"] in ("PENDING", "PROCESSING"):
        assert time.monotonic() < end, task
        time.sleep(0.1)
        task = call_expecting(200, "GET", f"{base}/api/tasks/{task['id']}", token=token).json()
    assert task["status"] == "COMPLETED", task
    return task


def outputs(base, token, task):
    """The bytes of each output, by name."""
    return {each["name"]: call_expecting(200, "GET", f"{base}{each['url']}", token=token).body for each in task["outputs"]}


def test_what_is_backed_up_is_there_after_a_restore(installation, tmp_path):
    first, copy = installation("first"), tmp_path / "backup"
    with first.running() as base:
        call_expecting(201, "POST", f"{base}/auth/register", body=ACCOUNT)
        token = log_in(base)
        task = finished_task(base, token, tmp_path)
        pictures = outputs(base, token, task)
        assert len(pictures) == 3
        assert "would copy" in first.backup_expecting(0, "take", copy, "--dry-run") and not copy.exists()
        # It runs all the while.
        first.backup_expecting(0, "take", copy)
        finished_task(base, token, tmp_path)
    assert copy.stat().st_mode & 0o077 == 0
    contents = json.loads((copy / "manifest.json").read_text())["contents"]
    # A source and three outputs, and the mark of the installation.
    assert contents["objects"]["count"] >= 4 and contents["tasks"]["count"] >= 1 and contents["accounts"]["server"].startswith("15")
    assert "✓" in first.backup_expecting(0, "check", copy)
    assert "already" in first.backup_expecting(1, "restore", copy)

    second = installation("second")
    assert "would restore" in second.backup_expecting(0, "restore", copy, "--dry-run")
    second.backup_expecting(0, "restore", copy)
    with second.running() as base:
        token = log_in(base)
        tasks = call_expecting(200, "GET", f"{base}/api/tasks", token=token).json()["tasks"]
        assert [each["id"] for each in tasks] == [task["id"]], "the task from after the backup is not in it"
        assert outputs(base, token, tasks[0]) == pictures
        finished_task(base, token, tmp_path)


def test_a_backup_that_is_not_whole_is_refused(installation, tmp_path):
    servers, copy = installation("empty"), tmp_path / "backup"
    assert "there is no bucket" in servers.backup_expecting(1, "take", copy) and not copy.exists()
    servers.make_bucket()
    servers.backup_expecting(0, "take", copy)
    assert "there already" in servers.backup_expecting(1, "take", copy)
    (copy / "objects" / "stranger").write_bytes(b"x")
    assert "objects/stranger" in servers.backup_expecting(1, "restore", copy)
    (copy / "objects" / "stranger").unlink()
    servers.backup_expecting(0, "check", copy)
    manifest = json.loads((copy / "manifest.json").read_text())
    counted = {**manifest["contents"], "objects": {"count": 7, "server": ""}}
    (copy / "manifest.json").write_text(json.dumps({**manifest, "contents": counted}))
    assert "0 objects after the restore, and not 7" in installation("miscounted").backup_expecting(1, "restore", copy)
    (copy / "manifest.json").write_text(json.dumps({**manifest, "format": 99}))
    assert "format 99" in servers.backup_expecting(1, "check", copy)
    (copy / "manifest.json").unlink()
    assert "no backup" in servers.backup_expecting(1, "check", copy)
