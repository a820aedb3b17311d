"""Backups of a bucket and of accounts: against an object store in this process, with stand-ins for PostgreSQL's tools."""

import contextlib
import http.server
import io
import json
import os
import socketserver
import tempfile
import textwrap
import threading
import unittest
import urllib.parse
from pathlib import Path
from unittest import mock
from xml.sax.saxutils import escape

from scripts import script

backup = script("scripts/cluster/backup")

PASSWORD = "p@ss word"
# Notes its arguments and what it takes from the environment.
STAND_IN = textwrap.dedent("""\
    #!/usr/bin/env python3
    import json, os, pathlib, sys, time
    path = pathlib.Path(__file__)
    with open(path.parent / "calls", "a") as calls:
        calls.write(json.dumps([[path.name, *sys.argv[1:]], os.environ.get("PGPASSWORD")]) + "\\n")
    time.sleep(float(os.environ.get("STAND_IN_SECONDS", "0")))
    if path.name == "psql":
        print(0)
    for argument in sys.argv:
        if argument.startswith("--file="):
            pathlib.Path(argument.partition("=")[2]).write_text("accounts")
""")


class ObjectStore(socketserver.ThreadingTCPServer):
    """Buckets, named in the path, of which two objects are listed at a time."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.buckets, self.creations, self.listing = {}, [], None

    def url(self, place, more=""):
        return f"s3://{place}?endpoint=http://127.0.0.1:{self.server_address[1]}{more}"


class Handler(http.server.BaseHTTPRequestHandler):
    timeout = 10

    def log_message(self, *_):
        pass

    def answer(self, status, body=b""):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def parts(self):
        """The bucket's objects (none where there is no bucket), its name, the key and the query."""
        url = urllib.parse.urlsplit(self.path)
        name, _, key = urllib.parse.unquote(url.path).lstrip("/").partition("/")
        return self.server.buckets.get(name), name, key, dict(urllib.parse.parse_qsl(url.query))

    def do_GET(self):
        objects, _, key, query = self.parts()
        if objects is None:
            self.answer(404, b"<Error><Code>NoSuchBucket</Code></Error>")
        elif key:
            self.answer(200, objects[key])
        else:
            self.answer(200, self.list(objects, query) if self.server.listing is None else self.server.listing)

    def list(self, objects, query):
        keys = [key for key in sorted(objects) if key.startswith(query.get("prefix", "")) and key > query.get("continuation-token", "")]
        more = len(keys) > 2
        token = f"<NextContinuationToken>{escape(keys[1])}</NextContinuationToken>" if more else ""
        contents = "".join(f"<Contents><Key>{escape(key)}</Key></Contents>" for key in keys[:2])
        return f'<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><IsTruncated>{str(more).lower()}</IsTruncated>{token}{contents}</ListBucketResult>'.encode()

    def do_PUT(self):
        objects, name, key, _ = self.parts()
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if key:
            objects[key] = body
        else:
            self.server.creations.append((name, body.decode()))
            if objects is not None:
                # An account that may read and write, and make no buckets.
                return self.answer(403, b"<Error><Code>AccessDenied</Code></Error>")
            self.server.buckets[name] = {}
        return self.answer(200)


class NoTasks:
    """MongoDB with nothing in it."""

    name = "tasks"

    def version(self):
        return "0"

    def describe(self):
        return 0, "documents of tasks"

    def take(self, folder):
        (folder / backup.TASKS).mkdir()
        return self.describe()

    def restore(self, folder):
        pass


class Backup(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.copy = self.folder / "copy"
        for name in ("psql", "pg_dump", "pg_restore"):
            (self.folder / name).write_text(STAND_IN)
            (self.folder / name).chmod(0o755)
        self.store = self.enterContext(ObjectStore())
        thread = threading.Thread(target=self.store.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        self.addCleanup(thread.join, 10)
        self.addCleanup(self.store.shutdown)
        self.accounts = f"postgres://ada:{urllib.parse.quote(PASSWORD)}@db.example.org:5432/accounts?sslmode=require"
        self.enterContext(mock.patch.object(backup, "Tasks", NoTasks))
        self.addCleanup(os.umask, os.umask(0o022))

    def run_backup(self, command, url, *arguments, **environment):
        """The exit status and all that is printed."""
        settings = {
            "PATH": f"{self.folder}:{os.environ['PATH']}", "PIXELFLOW_AUTH_DATABASE_URL": self.accounts, "PIXELFLOW_BLOB_URL": url,
            "PIXELFLOW_S3_ACCESS_KEY": "key", "PIXELFLOW_S3_SECRET_KEY": "secret", **environment}
        output = io.StringIO()
        with mock.patch.dict(os.environ, settings), contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
            status = backup.main([command, str(self.copy), *arguments])
        return status, output.getvalue()

    def calls(self):
        return [json.loads(line) for line in (self.folder / "calls").read_text().splitlines()]

    # The bucket

    def test_a_copy_says_how_many_objects_and_bytes_it_has(self):
        self.store.buckets["images"] = {"a/1": b"one", "a/2": b"two", "b/3": b"three"}
        status, said = self.run_backup("take", self.store.url("images"))
        self.assertEqual(status, 0, said)
        self.assertIn("✓ 3 objects (11 bytes)\n", said)
        contents = json.loads((self.copy / backup.MANIFEST).read_text())["contents"]
        self.assertEqual({name: part["count"] for name, part in contents.items()}, {"accounts": 0, "tasks": 0, "objects": 3})

    def test_a_bucket_that_is_not_there_is_not_an_empty_one(self):
        self.store.buckets["images"] = {"a/1": b"one"}
        for arguments in ((), ("--dry-run",)):
            status, said = self.run_backup("take", self.store.url("imagse"), *arguments)
            self.assertEqual((status, len(said.splitlines())), (1, 1), said)
            self.assertIn(f"there is no bucket imagse at 127.0.0.1:{self.store.server_address[1]}", said)
            self.assertFalse(self.copy.exists())

    def test_what_lists_no_bucket_is_not_an_empty_one(self):
        self.store.buckets["images"] = {"a/1": b"one"}
        for listing in (b"<ListAllMyBucketsResult></ListAllMyBucketsResult>", b"<!doctype html><p>Welcome<br>", b"",
                        b"<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>"):
            self.store.listing = listing
            status, said = self.run_backup("take", self.store.url("images"))
            self.assertEqual((status, len(said.splitlines())), (1, 1), said)
            self.assertIn("no list of a bucket", said)

    def test_keys_are_those_below_the_prefix(self):
        self.store.buckets["shared"] = {"one/a/1": b"one", "one/b/2": b"two", "oneself/a/3": b"x", "a/4": b"x"}
        status, said = self.run_backup("take", self.store.url("shared/one/"))
        self.assertEqual(status, 0, said)
        self.assertEqual(sorted(urllib.parse.unquote(path.name) for path in (self.copy / "objects").iterdir()), ["a/1", "b/2"])
        # What others have in the bucket of the target is no hindrance.
        self.store.buckets["target"] = {"other/1": b"y"}
        status, said = self.run_backup("restore", self.store.url("target/deep/two"))
        self.assertEqual(status, 0, said)
        self.assertEqual(self.store.buckets["target"], {"other/1": b"y", "deep/two/a/1": b"one", "deep/two/b/2": b"two"})
        self.assertEqual(self.run_backup("restore", self.store.url("target/deep/two"))[0], 1)

    def test_a_bucket_that_is_there_is_not_made(self):
        self.store.buckets["images"] = {"a/1": b"one"}
        self.assertEqual(self.run_backup("take", self.store.url("images"))[0], 0)
        self.store.buckets["target"] = {}
        status, said = self.run_backup("restore", self.store.url("target"))
        self.assertEqual((status, self.store.creations, self.store.buckets["target"]), (0, [], {"a/1": b"one"}), said)

    def test_a_bucket_that_is_not_there_is_made_in_its_region(self):
        self.store.buckets["images"] = {"a/1": b"one"}
        self.assertEqual(self.run_backup("take", self.store.url("images"))[0], 0)
        self.assertEqual(self.run_backup("restore", self.store.url("first"), "--dry-run")[0], 0)
        self.assertEqual(self.store.creations, [])
        for name, region in (("first", ""), ("second", "&region=us-east-1"), ("third", "&region=eu-central-1")):
            status, said = self.run_backup("restore", self.store.url(name, region))
            self.assertEqual((status, self.store.buckets[name]), (0, {"a/1": b"one"}), said)
        words = "<CreateBucketConfiguration><LocationConstraint>eu-central-1</LocationConstraint></CreateBucketConfiguration>"
        self.assertEqual(self.store.creations, [("first", ""), ("second", ""), ("third", words)])

    def test_the_name_of_the_bucket_is_where_the_services_have_it(self):
        def address(url):
            bucket = backup.Bucket(url, "key", "secret")
            return bucket.host, bucket.root

        self.assertEqual(address("s3://images?endpoint=http://s3.example.org"), ("s3.example.org", "/images"))
        self.assertEqual(address("s3://images?endpoint=http://s3.example.org&path_style=false"), ("images.s3.example.org", ""))
        self.assertEqual(address("s3://images?region=eu-west-1"), ("images.s3.eu-west-1.amazonaws.com", ""))
        self.assertEqual(address("s3://images?path_style=true"), ("s3.us-east-1.amazonaws.com", "/images"))
        for url in ("s3://images?path_style=yes", "http://images", "s3:///prefix", f"s3://key:{PASSWORD}@images"):
            with self.assertRaises(ValueError) as raised:
                address(url)
            self.assertNotIn(PASSWORD, str(raised.exception))

    # The password of the accounts

    def test_no_process_shows_the_password(self):
        self.store.buckets.update(images={"a/1": b"one"}, target={})
        self.assertEqual(self.run_backup("take", self.store.url("images"))[0], 0)
        self.assertEqual(self.run_backup("restore", self.store.url("target"))[0], 0)
        calls = self.calls()
        self.assertEqual({words[0] for words, _ in calls}, {"psql", "pg_dump", "pg_restore"})
        for words, password in calls:
            self.assertEqual(password, PASSWORD, words)
            self.assertTrue([each for each in words if each.endswith("postgres://ada@db.example.org:5432/accounts?sslmode=require")], words)
            self.assertNotIn("ss%20word", " ".join(words))

    def test_the_password_is_found_wherever_a_url_may_have_it(self):
        for url, plain, password in (
            ("postgres://localhost/x", "postgres://localhost/x", None),
            ("postgresql://ada@[::1]:5432,other:5433/x", "postgresql://ada@[::1]:5432,other:5433/x", None),
            ("postgres://ada:a%3Fb:c?d@one,two/x", "postgres://ada@one,two/x", "a?b:c?d"),
            ("postgres://:secret@localhost/x", "postgres://@localhost/x", "secret"),
            ("postgres://ada:@localhost/x", "postgres://ada@localhost/x", None),
            ("postgres:///x?host=/run&password=a%26b&sslmode=disable", "postgres:///x?host=/run&sslmode=disable", "a&b"),
            ("postgres://ada:old@localhost/x?password=new", "postgres://ada@localhost/x", "new"),
        ):
            self.assertEqual(backup.without_password(url), (plain, password), url)
        with self.assertRaises(backup.Failure) as raised:
            backup.without_password("host=localhost password=secret")
        self.assertNotIn("secret", str(raised.exception))

    def test_a_tool_that_does_not_end_is_named_without_what_it_was_given(self):
        self.store.buckets["images"] = {}
        with mock.patch.object(backup, "LONGEST", 0.2):
            status, said = self.run_backup("take", self.store.url("images"), "--dry-run", STAND_IN_SECONDS="60")
        self.assertEqual(status, 1)
        self.assertRegex(said, r"\Abackup: psql has not ended within [^/]+\n\Z")


if __name__ == "__main__":
    unittest.main()
