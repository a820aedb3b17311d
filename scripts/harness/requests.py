"""Requests to PixelFlow with complete responses."""

import http.client
import json
import urllib.error
import urllib.request

from .failure import Failure, expect


class Response:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    def json(self):
        try:
            return json.loads(self.body)
        except ValueError:
            raise Failure(f"not JSON: {self.body[:200]!r}") from None


def call(method, url, body=None, token=None, content_type=None):
    """The response with any status; raises `Failure` if there is none. Sends a dictionary as JSON."""
    headers = {}
    if isinstance(body, dict):
        body, content_type = json.dumps(body).encode(), "application/json"
    if content_type:
        headers["Content-Type"] = content_type
    if token:
        headers["Authorization"] = f"Bearer {token}"
    request = urllib.request.Request(url, data=body, headers=headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return Response(response.status, response.headers, response.read())
    except urllib.error.HTTPError as error:
        return Response(error.code, error.headers, error.read())
    # A server that goes away in the middle of its response causes the second.
    except (OSError, http.client.HTTPException) as error:
        raise Failure(f"{method} {url}: {error}") from None


def call_expecting(status, method, url, **options):
    response = call(method, url, **options)
    expect(response.status == status, f"{method} {url}: {response.status} instead of {status}: {response.body[:300]!r}")
    return response
