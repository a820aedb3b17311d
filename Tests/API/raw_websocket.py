"""A WebSocket client that sends arbitrary frames and bytes, valid or not."""

import base64
import os
import secrets
import socket
import struct
from urllib.parse import urlsplit

from harness.failure import expect

WAIT_SECONDS = 20

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
# The maximum size of a message from a client; see the description of the events.
MESSAGE_BYTES = 8192
# Close codes of the server.
UNEXPECTED, NOT_TEXT, PROTOCOL, NOT_UTF8, TOO_LARGE = 1008, 1003, 1002, 1007, 1009


def frame(opcode, payload=b"", *, fin=True, reserved=0, length=None):
    """A masked frame, as required of clients. `length` is the encoding of its length: "short", "16" or "64"; by default the shortest."""
    size = len(payload)
    length = length or ("short" if size < 126 else "16" if size < 1 << 16 else "64")
    first = bytes([(0x80 if fin else 0) | reserved << 4 | opcode])
    written = {
        "short": lambda: bytes([0x80 | size]), "16": lambda: struct.pack(">BH", 0x80 | 126, size),
        "64": lambda: struct.pack(">BQ", 0x80 | 127, size)}[length]()
    mask = secrets.token_bytes(4)
    return first + written + mask + bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))


def text(words, **options):
    return frame(TEXT, words.encode() if isinstance(words, str) else words, **options)


def close(code=None, reason=b""):
    return frame(CLOSE, b"" if code is None else struct.pack(">H", code) + reason)


class RawWebSocket:
    """Opened at `/api/events`; with a token unless it is None. `fields` are further lines of the request."""

    def __init__(self, base, token=None, fields=()):
        address = urlsplit(base)
        self.socket = socket.create_connection((address.hostname, address.port), timeout=WAIT_SECONDS)
        # Pieces must arrive separately.
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""
        lines = [
            "GET /api/events HTTP/1.1", f"Host: {address.netloc}", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}", *fields]
        if token is not None:
            lines.append(f"Authorization: Bearer {token}")
        self.socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        while b"\r\n\r\n" not in self.buffer:
            self.receive()
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        self.head = head.decode().lower().split("\r\n")
        expect(self.head[0].startswith("http/1.1 101 "), f"no WebSocket: {head!r}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, *frames, pieces=None):
        """Sends the bytes at once, or in pieces of this size."""
        data = b"".join(frames)
        for start in range(0, len(data), pieces or len(data)):
            self.socket.sendall(data[start:start + (pieces or len(data))])

    def receive(self):
        data = self.socket.recv(65536)
        if not data:
            raise EOFError
        self.buffer += data

    def read(self, count):
        while len(self.buffer) < count:
            self.receive()
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return data

    def next(self):
        """The next frame as its first byte and its payload; None at the end of the connection."""
        try:
            first, second = self.read(2)
        except (EOFError, ConnectionResetError):
            return None
        expect(second < 128, "a server masks nothing")
        size = second
        if size == 126:
            size = struct.unpack(">H", self.read(2))[0]
        elif size == 127:
            size = struct.unpack(">Q", self.read(8))[0]
        return first, self.read(size)

    def pongs(self, count):
        frames = [self.next() for _ in range(count)]
        expect(all(frame and frame[0] == 0x80 | PONG for frame in frames), f"not only pongs: {frames}")
        return [frame[1] for frame in frames]

    def end(self):
        """The close code of the server; None if it has none. The server then closes the connection."""
        frame = self.next()
        expect(frame is not None, "the connection ended without a close frame")
        first, payload = frame
        expect(first == 0x80 | CLOSE, f"not a close frame: {frame}")
        self.socket.sendall(close(*struct.unpack(">H", payload[:2])) if payload else close())
        expect(self.next() is None, "something came after the close frame")
        payload[2:].decode()
        return struct.unpack(">H", payload[:2])[0] if payload else None

    def is_open(self):
        """Whether the server still responds."""
        self.send(frame(PING, b"still there"))
        return self.pongs(1) == [b"still there"]
