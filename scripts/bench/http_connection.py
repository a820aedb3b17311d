"""A keep-alive HTTP client with minimal overhead, because it shares the cores with what it measures."""

import select
import socket


class Connection:
    """A connection with one request at a time. Supports only responses with a Content-Length, which is sufficient here."""

    def __init__(self, port):
        self.port = port
        self._open()

    def _open(self):
        self.socket = socket.create_connection(("127.0.0.1", self.port), 60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""

    def _is_closed(self):
        """Servers close idle connections; there must be nothing else to read before a request."""
        readable, _, _ = select.select([self.socket], [], [], 0)
        return bool(readable)

    def send(self, head, body=b""):
        """Sends an encoded request, and returns status and body."""
        if self._is_closed():
            self.socket.close()
            self._open()
        if len(body) < 65536:
            self.socket.sendall(head + body)
        else:
            self.socket.sendall(head)
            self.socket.sendall(body)
        return self._response()

    def close(self):
        self.socket.close()

    def _response(self):
        while (end := self.buffer.find(b"\r\n\r\n")) < 0:
            self._read()
        head = self.buffer[:end].lower()
        start = head.index(b"content-length:") + 15
        length = int(head[start:].split(b"\r\n", 1)[0])
        total = end + 4 + length
        while len(self.buffer) < total:
            self._read()
        body, self.buffer = self.buffer[end + 4 : total], self.buffer[total:]
        return int(head[9:12]), body

    def _read(self):
        data = self.socket.recv(262144)
        if not data:
            raise ConnectionError("the server closed the connection")
        self.buffer += data


def request_head(method, target, length=0, **headers):
    lines = [f"{method} {target} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {length}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()
