"""The reference library of Standard Webhooks accepts the messages of PixelFlow."""

import json

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from harness.receiver import Receiver
from harness.requests import call_expecting


@pytest.fixture
def receiver():
    with Receiver() as receiver:
        yield receiver


def test_messages_are_accepted_by_the_reference_library(web, user, photo, receiver):
    webhook = call_expecting(
        201, "POST", f"{web}/api/webhooks", token=user.token, body={"url": receiver.url, "events": ["task.completed"]}).json()
    task = user.make_task(photo)
    headers, body = receiver.next()
    message = Webhook(webhook["secret"]).verify(body, headers)
    assert message["type"] == "task.completed"
    assert message["data"]["id"] == task
    # Both secrets are valid for a day.
    new = call_expecting(200, "POST", f"{web}/api/webhooks/{webhook['id']}/rotate", token=user.token).json()["secret"]
    call_expecting(202, "POST", f"{web}/api/webhooks/{webhook['id']}/test", token=user.token)
    headers, body = receiver.next()
    for secret in (webhook["secret"], new):
        assert Webhook(secret).verify(body, headers) == json.loads(body)
    with pytest.raises(WebhookVerificationError):
        Webhook(new).verify(body + b" ", headers)
