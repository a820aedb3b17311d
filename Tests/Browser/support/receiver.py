"""A server on this machine that webhooks are posted to; it keeps what it gets."""

import queue
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Receiver:
    """Answers each message with `status` and a sentence."""

    def __init__(self):
        self.status = 200
        self.messages = queue.Queue()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                answer = b"thank you" if receiver.status == 200 else b"not today"
                self.send_response(receiver.status)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)
                receiver.messages.put(({name.lower(): value for name, value in self.headers.items()}, body))

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hook"

    def next(self):
        """The headers, with names in lower case, and the body of the oldest message that nobody has asked for."""
        return self.messages.get(timeout=30)

    def close(self):
        self.server.shutdown()
        self.server.server_close()
