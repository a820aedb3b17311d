"""The genuine SeaweedFS, started as the chart starts it: who may talk to its gRPC port."""

import contextlib
import os
import re
import socket
import ssl
import subprocess
import time
import urllib.request

import pytest

import chart
from harness.ports import free_ports

WEED = chart.ROOT / ".venv-stack" / "bin" / "weed"
# What every HTTP/2 client, gRPC included, begins with; a server that speaks it responds with a frame of this type.
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\4\0\0\0\0\0"
SETTINGS = 4

pytestmark = pytest.mark.skipif(not WEED.exists(), reason="needs weed: scripts/stack installs it")


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    """As `pfctl bootstrap-secrets --certificate` makes them, by the names that the chart gives them."""
    folder = tmp_path_factory.mktemp("grpc")
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    for arguments in (
            ["req", "-x509", *curve, "-keyout", "ca.key", "-out", "ca.crt", "-days", "7300", "-subj", "/CN=s3-grpc-ca"],
            ["req", *curve, "-keyout", "tls.key", "-out", "tls.csr", "-subj", "/CN=s3-grpc"],
            ["x509", "-req", "-in", "tls.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-out", "tls.crt", "-days", "7300"]):
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)
    return folder


@contextlib.contextmanager
def seaweedfs(folder, certificates=None):
    """The container of the chart on free ports of this computer, without what closes the port if there are no certificates; yields
    the port of S3 and that of its gRPC."""
    container = chart.manifests("defaults").one("StatefulSet", "pixelflow-s3")["spec"]["template"]["spec"]["containers"][0]
    mount = next(each["mountPath"] for each in container["volumeMounts"] if each["name"] == "grpc")
    variables = {
        each["name"]: each.get("value", "secretsecretsecret").replace(mount, str(certificates)) for each in container["env"]
        if certificates or not each["name"].startswith("WEED_")}
    names = ["master.port", "master.port.grpc", "volume.port", "volume.port.grpc", "filer.port", "filer.port.grpc", "s3.port", "s3.port.grpc"]
    ports = dict(zip(names, free_ports(len(names)), strict=True))
    kept = [each for each in container["args"] if not re.match(r"-(dir|s3\.port)=", each)]
    arguments = [*kept, f"-dir={folder}", *(f"-{name}={port}" for name, port in ports.items())]
    with open(folder / "log", "wb") as log:
        process = subprocess.Popen([WEED, *arguments], cwd=folder, env={**os.environ, **variables}, stdout=log, stderr=log)
        try:
            wait_for(f"http://127.0.0.1:{ports['s3.port']}/status", folder / "log")
            yield ports["s3.port"], ports["s3.port.grpc"]
        finally:
            process.kill()
            process.wait(timeout=30)


def put_and_get(port, folder):
    """What comes back of an object that was stored with the keys of the chart's container."""
    signed = ["curl", "--silent", "--show-error", "--fail", "--aws-sigv4", "aws:amz:us-east-1:s3", "--user", "secretsecretsecret:secretsecretsecret"]
    (folder / "object").write_bytes(b"bytes of an object")
    url = f"http://127.0.0.1:{port}/bucket"
    for arguments in (["--request", "PUT", url], ["--upload-file", folder / "object", f"{url}/object"]):
        subprocess.run([*signed, *arguments], check=True, timeout=60)
    return subprocess.run([*signed, f"{url}/object"], check=True, timeout=60, capture_output=True).stdout


def wait_for(url, log):
    end = time.monotonic() + 120
    while time.monotonic() < end:
        with contextlib.suppress(OSError):
            urllib.request.urlopen(url, timeout=5).read()
            return
        time.sleep(0.1)
    raise AssertionError(f"{url} does not respond:\n{log.read_text()[-2000:]}")


def response_to(connection):
    """What comes back on an HTTP/2 client's first words; nothing where the server hangs up."""
    try:
        connection.settimeout(30)
        connection.sendall(PREFACE)
        return connection.recv(64)
    except (ssl.SSLError, ConnectionError):
        return b""


def speaks_grpc(response):
    return len(response) >= 9 and response[3] == SETTINGS


def test_nobody_is_let_in_without_a_certificate(tmp_path, certificates):
    with seaweedfs(tmp_path, certificates) as (_, port):
        with socket.create_connection(("127.0.0.1", port), timeout=30) as plain:
            assert not speaks_grpc(response_to(plain))
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.set_alpn_protocols(["h2"])
        with socket.create_connection(("127.0.0.1", port), timeout=30) as inner:
            try:
                with context.wrap_socket(inner) as encrypted:
                    assert not speaks_grpc(response_to(encrypted))
            except ssl.SSLError as refusal:
                assert "certificate" in str(refusal).lower()


@pytest.mark.parametrize("closed", [False, True])
def test_the_port_is_open_without_the_variables_and_closed_without_the_files(tmp_path, closed):
    """The first so that the test above would notice; the second is a Secret of one's own that has no certificate."""
    certificates = tmp_path / "missing" if closed else None
    with seaweedfs(tmp_path, certificates) as (s3, port), socket.create_connection(("127.0.0.1", port), timeout=30) as plain:
        assert speaks_grpc(response_to(plain)) != closed
        assert put_and_get(s3, tmp_path) == b"bytes of an object"
