"""PixelFlow behind a reverse proxy with its usual settings, buffering included: nginx in front of web."""

import getpass
import http.client
import json
import shutil
from urllib.parse import urlsplit

import pytest
from raw_websocket import PING, PONG, TEXT, RawWebSocket, frame, text

from harness.ports import free_port
from harness.process import Process

WAIT_SECONDS = 60
# A third of nginx's default, so that the test is short: it closes connections that are idle for longer.
SILENCE_SECONDS = 20
# Sent every 15 s, so that the second one comes after that.
HEARTBEATS = 2
CONFIGURATION = """
worker_processes 1;
user {user};
daemon off;
pid {folder}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 256; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  map $http_upgrade $connection_upgrade {{ default upgrade; "" ""; }}
  server {{
    listen 127.0.0.1:{port};
    client_max_body_size 20m;
    location / {{
      proxy_pass {web};
      proxy_http_version 1.1;
      proxy_read_timeout {silence}s;
      proxy_set_header Host $http_host;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
    }}
  }}
}}
"""


@pytest.fixture(scope="module")
def nginx(web, tmp_path_factory):
    executable = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    assert executable, "nginx is not installed: scripts/setup test"
    folder, port = tmp_path_factory.mktemp("nginx"), free_port()
    configuration = folder / "nginx.conf"
    configuration.write_text(CONFIGURATION.format(user=getpass.getuser(), folder=folder, port=port, web=web, silence=SILENCE_SECONDS))
    process = Process([executable, "-c", configuration, "-p", folder], folder / "nginx.log", name="nginx")
    base = f"http://127.0.0.1:{port}"
    try:
        process.wait_until_ready(base)
        yield base
    finally:
        process.stop()


def opened_stream(base, token):
    address = urlsplit(base)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=WAIT_SECONDS)
    connection.request("GET", "/api/events", headers={"Authorization": f"Bearer {token}"})
    response = connection.getresponse()
    assert (response.status, response.headers["content-type"].split(";")[0]) == (200, "text/event-stream")
    return response


def wait_for_line(stream, holds):
    """Reads until a line matches; fails if the proxy buffers it."""
    while not holds(line := stream.readline().decode()):
        assert line, "the stream has ended"


def wait_for_frame(websocket, opcode, holds=lambda payload: True):
    while True:
        received = websocket.next()
        assert received, "the connection has ended"
        first, payload = received
        if first & 15 == opcode and holds(payload):
            return payload


def tells_the_end(task):
    return lambda line: line.startswith("data:") and f'"{task}"' in line and '"COMPLETED"' in line


def test_events_are_not_buffered(nginx, user, photo):
    user.api = nginx
    stream = opened_stream(nginx, user.token)
    wait_for_line(stream, tells_the_end(user.make_task(photo)))


def test_idle_streams_outlive_the_read_timeout_of_the_proxy(nginx, user, photo):
    user.api = nginx
    stream = opened_stream(nginx, user.token)
    with RawWebSocket(nginx, user.token) as websocket:
        for _ in range(HEARTBEATS):
            websocket.send(frame(PONG, wait_for_frame(websocket, PING)))
            wait_for_line(stream, lambda line: line.startswith(":"))
        task = user.make_task(photo)
        wait_for_line(stream, tells_the_end(task))
        wait_for_frame(websocket, TEXT, lambda payload: task.encode() in payload and b'"COMPLETED"' in payload)


def test_the_first_message_can_be_a_token(nginx, user, photo):
    user.api = nginx
    with RawWebSocket(nginx, fields=[f"Origin: {nginx}"]) as websocket:
        websocket.send(text(json.dumps({"type": "authorize", "token": user.token})))
        task = user.make_task(photo)
        wait_for_frame(websocket, TEXT, lambda payload: task.encode() in payload)
