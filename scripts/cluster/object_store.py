"""A bucket over the protocol of S3: list, get and put, signed with version 4."""

import datetime
import hashlib
import hmac
import http.client
import re
import urllib.parse
import xml.etree.ElementTree as XML

TIMEOUT = 60
EMPTY = hashlib.sha256(b"").hexdigest()


class Refused(Exception):
    def __init__(self, status, text):
        super().__init__(f"the bucket answers {status}: {text[:200]}")
        self.status = status


def quoted(text):
    return urllib.parse.quote(text, safe="-_.~")


class Bucket:
    """`s3://NAME?endpoint=…&region=…&path_style=…`, as in PIXELFLOW_BLOB_URL."""

    def __init__(self, url, access_key, secret_key):
        parts = urllib.parse.urlsplit(url)
        options = dict(urllib.parse.parse_qsl(parts.query))
        if parts.scheme != "s3" or not parts.netloc:
            raise ValueError(f"'{url}' is no bucket: it has to be s3://NAME?…")
        self.name, self.keys = parts.netloc, (access_key, secret_key)
        self.region = options.get("region", "us-east-1")
        endpoint = urllib.parse.urlsplit(options.get("endpoint", f"https://s3.{self.region}.amazonaws.com"))
        path_style = options.get("path_style", "false") == "true"
        self.prefix = f"/{self.name}" if path_style else ""
        self.host = endpoint.netloc if path_style else f"{self.name}.{endpoint.netloc}"
        self.connection = http.client.HTTPSConnection if endpoint.scheme == "https" else http.client.HTTPConnection

    def signature(self, method, path, query, headers, digest):
        """The `Authorization` of a request."""
        names = ";".join(sorted(headers))
        canonical = "\n".join([method, path, query, *(f"{name}:{headers[name]}" for name in sorted(headers)), "", names, digest])
        time = headers["x-amz-date"]
        scope = f"{time[:8]}/{self.region}/s3/aws4_request"
        text = "\n".join(["AWS4-HMAC-SHA256", time, scope, hashlib.sha256(canonical.encode()).hexdigest()])
        key = f"AWS4{self.keys[1]}".encode()
        for word in (time[:8], self.region, "s3", "aws4_request", text):
            key = hmac.digest(key, word.encode(), "sha256")
        return f"AWS4-HMAC-SHA256 Credential={self.keys[0]}/{scope}, SignedHeaders={names}, Signature={key.hex()}"

    def ask(self, method, key="", query=None, body=b""):
        path = f"{self.prefix}/" + "/".join(quoted(part) for part in key.split("/")) if key else f"{self.prefix}/"
        text = "&".join(f"{quoted(name)}={quoted(value)}" for name, value in sorted((query or {}).items()))
        digest = hashlib.sha256(body).hexdigest() if body else EMPTY
        now = datetime.datetime.now(datetime.UTC).strftime("%Y%m%dT%H%M%SZ")
        headers = {"host": self.host, "x-amz-content-sha256": digest, "x-amz-date": now}
        headers["authorization"] = self.signature(method, path, text, headers, digest)
        connection = self.connection(self.host, timeout=TIMEOUT)
        try:
            connection.request(method, f"{path}?{text}" if text else path, body=body or None, headers=headers)
            response = connection.getresponse()
            answer = response.read()
        finally:
            connection.close()
        if response.status // 100 != 2:
            raise Refused(response.status, answer.decode(errors="replace"))
        return answer

    def list(self):
        """The keys of all objects, in their order; none where there is no bucket yet."""
        token = None
        while True:
            query = {"list-type": "2"} | ({"continuation-token": token} if token else {})
            try:
                text = self.ask("GET", query=query).decode()
            except Refused as refused:
                if refused.status == 404:
                    return
                raise
            page = XML.fromstring(re.sub(r' xmlns="[^"]+"', "", text, count=1))
            yield from (each.findtext("Key") for each in page.iter("Contents"))
            token = page.findtext("NextContinuationToken")
            if page.findtext("IsTruncated") != "true" or not token:
                return

    def get(self, key):
        """The bytes of an object; none where it is gone."""
        try:
            return self.ask("GET", key)
        except Refused as refused:
            if refused.status == 404:
                return None
            raise

    def put(self, key, body):
        self.ask("PUT", key, body=body)

    def make(self):
        """Makes the bucket, or finds that it is there."""
        try:
            self.ask("PUT")
        except Refused as refused:
            if refused.status != 409:
                raise
