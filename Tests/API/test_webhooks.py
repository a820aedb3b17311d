"""What PixelFlow sends is what the reference library of Standard Webhooks accepts."""

import json
import queue
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from harness.requests import call_expecting

WAIT_SECONDS = 60


@pytest.fixture
def receiver():
    """Where messages can be sent, and a queue of them."""
    messages = queue.Queue()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            messages.put((dict(self.headers.items()), body))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/hook", messages
        server.shutdown()
        thread.join(WAIT_SECONDS)


def test_messages_are_accepted_by_the_reference_library(web, user, photo, receiver):
    url, messages = receiver
    webhook = call_expecting(
        201, "POST", f"{web}/api/webhooks", token=user.token, body={"url": url, "events": ["task.completed"]}).json()
    task = user.make_task(photo)
    headers, body = messages.get(timeout=WAIT_SECONDS)
    message = Webhook(webhook["secret"]).verify(body, headers)
    assert message["type"] == "task.completed"
    assert message["data"]["id"] == task
    # Both secrets count for a day.
    new = call_expecting(200, "POST", f"{web}/api/webhooks/{webhook['id']}/rotate", token=user.token).json()["secret"]
    call_expecting(202, "POST", f"{web}/api/webhooks/{webhook['id']}/test", token=user.token)
    headers, body = messages.get(timeout=WAIT_SECONDS)
    for secret in (webhook["secret"], new):
        assert Webhook(secret).verify(body, headers) == json.loads(body)
    with pytest.raises(WebhookVerificationError):
        Webhook(new).verify(body + b" ", headers)
