"""The four services on servers of scripts/stack, and the all-in-one; read-only and as uid 65532. In this order: the last test stops them."""

import json
import os
import re
import urllib.parse
from pathlib import Path

from conftest import SERVERS
from harness.loading import ROOT, script
from harness.pictures import check_picture, vips
from harness.process import output_of
from harness.requests import call_expecting

# The file extension and the libvips loader by format.
WRITTEN = {
    "jpeg": ("jpg", "jpegload"), "png": ("png", "pngload"), "webp": ("webp", "webpload"), "gif": ("gif", "gifload"),
    "tiff": ("tif", "tiffload"), "avif": ("avif", "heifload"),
}
READ = [*WRITTEN, "heic"]


def test_services_have_no_privileges(running):
    for name, process in running.processes.items():
        status = Path(f"/proc/{process.inner_pid()}/status").read_text()
        field = dict(re.findall(r"^(\w+):\s*(.*)$", status, re.MULTILINE))
        assert set(field["Uid"].split()) == {"65532"}, name
        assert int(field["CapEff"], 16) == 0 and field["NoNewPrivs"] == "1", name


def test_services_can_be_probed(running):
    """Like a container engine."""
    for process in running.processes.values():
        assert "status" in json.loads(process.root.output("--probe", environment=process.environment))


def test_end_to_end_check(running):
    bases = {f"BASE_{name.upper()}": base for name, base in running.bases.items()}
    printed = output_of(ROOT / "scripts/e2e", seconds=300, env={**os.environ, **bases})
    assert printed.count("✓") == 7


def test_every_format_is_read_and_written(running, tmp_path):
    run = script("scripts/e2e").Run(running.bases, tmp_path)
    run.register()
    run.log_in()
    outputs = [{"name": name, "format": name, "operations": [{"op": "resize", "width": 320, "height": 240, "fit": "fill"}]} for name in WRITTEN]
    pipeline = urllib.parse.quote(json.dumps({"outputs": outputs}))
    for name in READ:
        source = tmp_path / f"source.{WRITTEN.get(name, [name])[0]}"
        vips("vips", "thumbnail", tmp_path / "photo.jpg", source, "640")
        run.task = call_expecting(
            202, "POST", f"{run.api}/api/upload?pipeline={pipeline}", body=source.read_bytes(), content_type=f"image/{name}",
            token=run.token).json()
        check_written(run, name, tmp_path)


def check_written(run, source, folder):
    task = run.wait_for_end()
    assert task["status"] == "COMPLETED", f"{source}: {task.get('error')}"
    for output in task["outputs"]:
        assert not output.get("error"), f"{source} to {output['name']}"
        url = f"{run.api}/api/tasks/{task['id']}/outputs/{output['name']}"
        check_picture(folder, call_expecting(200, "GET", url, token=run.token).body, (320, 240))
        loader = vips("vipsheader", "-f", "vips-loader", folder / "output")
        assert loader == WRITTEN[output["name"]][1], f"{source} to {output['name']}"


def test_names_are_resolved_by_the_name_server(services, names):
    assert {*SERVERS.values(), "auth", "api"} <= names.asked


def test_services_exit_on_sigterm(running):
    assert running.stop() == []
