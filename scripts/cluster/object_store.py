"""A bucket over the protocol of S3: list, get, put and make, signed with version 4."""

import datetime
import hashlib
import hmac
import http.client
import urllib.parse
import xml.etree.ElementTree as XML
from xml.sax.saxutils import escape

TIMEOUT = 60
OLDEST_REGION = "us-east-1"
EMPTY = hashlib.sha256(b"").hexdigest()


class Refused(Exception):
    def __init__(self, status, text):
        super().__init__(f"the bucket answers {status}: {text[:200]}")
        self.status = status


class Missing(Exception):
    """There is no such bucket."""


def quoted(text):
    return urllib.parse.quote(text, safe="-_.~")


class Bucket:
    """`s3://NAME[/PREFIX]?endpoint=…&region=…&path_style=…`, with the defaults of PIXELFLOW_BLOB_URL. Keys are relative to the prefix."""

    def __init__(self, url, access_key, secret_key):
        parts = urllib.parse.urlsplit(url)
        # Neither message repeats the URL: someone may have written a secret into it.
        if parts.scheme != "s3" or not parts.netloc or "@" in parts.netloc:
            raise ValueError("the URL of the bucket has to be s3://NAME[/PREFIX]?…, without credentials")
        options = dict(urllib.parse.parse_qsl(parts.query))
        path_style = options.get("path_style", "true" if "endpoint" in options else "false")
        if path_style not in ("true", "false"):
            raise ValueError("path_style in the URL of the bucket is neither true nor false")
        self.name, self.keys = parts.netloc, (access_key, secret_key)
        self.prefix = "".join(f"{part}/" for part in urllib.parse.unquote(parts.path).split("/") if part)
        self.region = options.get("region", OLDEST_REGION)
        endpoint = urllib.parse.urlsplit(options.get("endpoint", f"https://s3.{self.region}.amazonaws.com"))
        self.root = f"/{self.name}" if path_style == "true" else ""
        self.host = endpoint.netloc if path_style == "true" else f"{self.name}.{endpoint.netloc}"
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
        """The answer about the bucket, or about an object of it."""
        path = f"{self.root}/" + "/".join(quoted(part) for part in f"{self.prefix}{key}".split("/")) if key else f"{self.root}/"
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

    def page(self, token=None):
        """Up to 1000 keys, and the token of the next page (empty for none). Raises `Missing` where there is no bucket."""
        query = {"list-type": "2"} | ({"prefix": self.prefix} if self.prefix else {}) | ({"continuation-token": token} if token else {})
        try:
            answer = self.ask("GET", query=query)
        except Refused as refused:
            if refused.status == 404:
                raise Missing(f"there is no bucket {self.name} at {self.host}") from None
            raise
        try:
            page = XML.fromstring(answer)
        except XML.ParseError:
            page = XML.Element("None")
        following = page.findtext("{*}NextContinuationToken") if page.findtext("{*}IsTruncated") == "true" else ""
        # A page for people and a list of buckets have status 200, too: taken for an empty bucket, they would hide a wrong address.
        if page.tag.rpartition("}")[2] != "ListBucketResult" or following is None:
            raise ValueError(f"{self.host} answers with no list of a bucket: {' '.join(answer.decode(errors='replace').split())[:200]!r}")
        return [each.findtext("{*}Key").removeprefix(self.prefix) for each in page.findall("{*}Contents")], following

    def list(self):
        """The keys of all objects, in their order. Raises `Missing` where there is no bucket."""
        keys, following = self.page()
        yield from keys
        while following:
            keys, following = self.page(following)
            yield from keys

    def exists(self):
        try:
            self.page()
        except Missing:
            return False
        return True

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
        """Makes the bucket in its region; one that somebody else makes at the same time will do."""
        # AWS takes no word for its oldest region.
        words = f"<CreateBucketConfiguration><LocationConstraint>{escape(self.region)}</LocationConstraint></CreateBucketConfiguration>"
        try:
            self.ask("PUT", body=b"" if self.region == OLDEST_REGION else words.encode())
        except Refused as refused:
            if refused.status != 409:
                raise
