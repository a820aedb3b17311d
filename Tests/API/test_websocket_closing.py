"""The WebSocket of events closes as required by RFC 6455, and enforces its limits: groups 7 and 9 of the Autobahn test suite."""

import pytest
from raw_websocket import CLOSE, CONTINUATION, MESSAGE_BYTES, NOT_UTF8, PING, PROTOCOL, TOO_LARGE, RawWebSocket, close, frame, text

# 7: closing


@pytest.mark.parametrize("code", [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999])
@pytest.mark.parametrize("reason", [b"", b"Hello World!", b"*" * 123])
def test_a_close_receives_a_close_with_its_code(websocket, code, reason):
    websocket.send(close(code, reason))
    assert websocket.end() == code


def test_a_close_without_a_code_receives_a_close(websocket):
    websocket.send(close())
    assert websocket.end() is None


@pytest.mark.parametrize("code", [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535])
@pytest.mark.parametrize("reason", [b"", b"reason"])
def test_reserved_close_codes_are_rejected(websocket, code, reason):
    websocket.send(close(code, reason))
    assert websocket.end() == PROTOCOL


@pytest.mark.parametrize("payload", [b"\x03", b"\x03\xe8" + b"*" * 124, b"\x03\xe8\xce\xba\xe1\xbd\xb9\xed\xa0\x80"])
def test_malformed_close_frames_are_rejected(websocket, payload):
    websocket.send(frame(CLOSE, payload))
    assert websocket.end() == PROTOCOL


@pytest.mark.parametrize("after", [text("late"), frame(PING, b"late"), close(1001), frame(CONTINUATION, b"late")])
def test_frames_after_a_close_are_ignored(websocket, after):
    websocket.send(close(1000), after)
    assert websocket.end() == 1000


def test_a_close_ends_a_message_in_fragments(websocket):
    websocket.send(text("fragment1", fin=False), close(1000), frame(CONTINUATION, b"fragment2"))
    assert websocket.end() == 1000


# 9: limits of sizes


@pytest.mark.parametrize("pieces", [None, 4096])
def test_a_frame_beyond_the_limit_is_refused(websocket, pieces):
    websocket.send(text("*" * (MESSAGE_BYTES + 1)), pieces=pieces)
    assert websocket.end() == TOO_LARGE


@pytest.mark.parametrize("size", [1 << 16, 1 << 20])
def test_a_frame_is_refused_by_its_header(websocket, size):
    websocket.send(text("*" * size)[:14])
    assert websocket.end() == TOO_LARGE


@pytest.mark.parametrize("size", [64, 256, 1024, 4096])
def test_a_message_beyond_the_limit_is_refused(websocket, size):
    fragment = b"*" * size
    websocket.send(text(fragment, fin=False), *(frame(CONTINUATION, fragment, fin=False) for _ in range(min(MESSAGE_BYTES // size, 64))))
    assert websocket.end() == TOO_LARGE


# Through web


def test_web_forwards_all_of_it(web, token):
    with RawWebSocket(web, token) as websocket:
        websocket.send(frame(PING, b"through"), pieces=1)
        assert websocket.pongs(1) == [b"through"]
        websocket.send(text(b"\xff"))
        assert websocket.end() == NOT_UTF8
    with RawWebSocket(web, token) as websocket:
        websocket.send(close(3000))
        assert websocket.end() == 3000
