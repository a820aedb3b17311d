"""A client that is generated from the description works without changes."""

import importlib
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from harness.pictures import check_picture

PACKAGE = "pixelflow_generated"
GENERATE_SECONDS = 120
WAIT_SECONDS = 60


@pytest.fixture
def client_module(description_file, tmp_path):
    """Imports modules of a freshly generated client."""
    folder = tmp_path / "generated"
    folder.mkdir()
    tools = Path(sys.executable).parent
    subprocess.run(
        [tools / "openapi-python-client", "generate", "--path", description_file, "--output-path", folder / PACKAGE, "--meta", "none"],
        check=True, timeout=GENERATE_SECONDS, capture_output=True, env={**os.environ, "PATH": f"{tools}:{os.environ['PATH']}"})
    sys.path.insert(0, str(folder))
    yield lambda name: importlib.import_module(f"{PACKAGE}.{name}")
    sys.path.remove(str(folder))
    for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
        del sys.modules[name]


def test_a_generated_client_uploads_waits_and_downloads(client_module, web, photo, tmp_path):
    client = client_module("client").Client(base_url=web)
    models, accounts, tasks = client_module("models"), "api.accounts", "api.tasks"
    credentials = models.Credentials(email="generated@example.org", password="correct horse battery")
    assert client_module(f"{accounts}.register").sync_detailed(client=client, body=credentials).status_code == 201
    token = client_module(f"{accounts}.login").sync(client=client, body=credentials).token
    signed_in = client_module("client").AuthenticatedClient(base_url=web, token=token)

    picture = tmp_path / "photo.jpg"
    picture.write_bytes(photo)
    with picture.open("rb") as file:
        body = client_module("types").File(payload=file, file_name="photo.jpg", mime_type="image/jpeg")
        response = client_module(f"{tasks}.upload").sync_detailed(client=signed_in, body=models.UploadFilesBody(file=body, preset="thumbnail"))
    assert response.status_code == 202, response.content

    task, deadline = response.parsed, time.monotonic() + WAIT_SECONDS
    while task.status != "COMPLETED":
        assert time.monotonic() < deadline, f"the task is {task.status} after {WAIT_SECONDS} s"
        time.sleep(0.1)
        task = client_module(f"{tasks}.get_task").sync(client=signed_in, id=task.id)
    output = task.outputs[0]
    downloaded = client_module("api.outputs.get_output").sync_detailed(client=signed_in, id=task.id, name=output.name)
    assert downloaded.status_code == 200
    assert len(downloaded.content) == output.bytes_
    check_picture(tmp_path, downloaded.content, (output.width, output.height))

    bad = client_module(f"{tasks}.upload").sync_detailed(client=signed_in, body=models.UploadJsonBody(image_url="nowhere"))
    assert (bad.status_code, bad.parsed.code) == (422, "invalid_value")
