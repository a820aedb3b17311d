"""A server on this machine that serves images: immediately, late, or only after it has been mended."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Sources:
    """`/fine/NAME` responds with the image; `/broken/NAME` is 404 until `mend`; `/slow/NAME` waits until `release`."""

    def __init__(self, picture: bytes):
        self.picture = picture
        self.is_mended = threading.Event()
        self.is_released = threading.Event()
        sources = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                sources.respond(self)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def url(self, path):
        return f"http://127.0.0.1:{self.server.server_address[1]}/{path}"

    def respond(self, request):
        kind = request.path.split("/")[1]
        if kind == "slow":
            self.is_released.wait(timeout=60)
        if kind == "broken" and not self.is_mended.is_set():
            request.send_error(404)
            return
        try:
            request.send_response(200)
            request.send_header("Content-Type", "image/jpeg")
            request.send_header("Content-Length", str(len(self.picture)))
            request.end_headers()
            request.wfile.write(self.picture)
        except OSError:
            pass  # whoever asked has gone, as a cancelled task does

    def mend(self):
        self.is_mended.set()

    def release(self):
        """Responds to waiting requests; from now on, `/slow/` responds immediately."""
        self.is_released.set()

    def close(self):
        self.is_released.set()
        self.server.shutdown()
        self.server.server_close()
