"""The WebSocket of events reads frames as required by RFC 6455: groups 1 to 5 and 10 of the Autobahn test suite.

Its cases want an echo. Here no message is expected from a client that has a token: a text is closed with 1008 and a binary message with
1003; and a client without a token is closed with 1008 where its first message is no authorisation.
"""

import pytest
from raw_websocket import (
    BINARY,
    CLOSE,
    CONTINUATION,
    MESSAGE_BYTES,
    NOT_TEXT,
    PING,
    PONG,
    PROTOCOL,
    TEXT,
    UNEXPECTED,
    RawWebSocket,
    frame,
    text,
)

# 1: framing


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 128, 4096, MESSAGE_BYTES])
@pytest.mark.parametrize("pieces", [None, 997])
def test_a_text_of_any_size_is_read_whole(websocket, size, pieces):
    websocket.send(text("*" * size), pieces=pieces)
    assert websocket.end() == UNEXPECTED


@pytest.mark.parametrize("size", [0, 1, 125, 126, 4096])
def test_binary_messages_are_refused(websocket, size):
    websocket.send(frame(BINARY, bytes([0xFE]) * size))
    assert websocket.end() == NOT_TEXT


def test_frames_that_come_byte_by_byte_are_read(websocket):
    websocket.send(frame(PING, b"slowly"), pieces=1)
    assert websocket.pongs(1) == [b"slowly"]


# 2: pings and pongs


@pytest.mark.parametrize("payload", [b"", b"Hello, world!", bytes([0, 0xFF, 0xFE, 0xFD, 0xFC, 0xFB, 0, 0xFF]), bytes([0xFE]) * 125])
@pytest.mark.parametrize("pieces", [None, 1])
def test_a_pong_has_the_bytes_of_the_ping(websocket, payload, pieces):
    websocket.send(frame(PING, payload), pieces=pieces)
    assert websocket.pongs(1) == [payload]


@pytest.mark.parametrize("opcode", [PING, PONG])
def test_a_control_frame_of_126_bytes_is_refused(websocket, opcode):
    websocket.send(frame(opcode, bytes([0xFE]) * 126))
    assert websocket.end() == PROTOCOL


@pytest.mark.parametrize("payload", [b"", b"unsolicited pong payload"])
def test_unsolicited_pongs_are_ignored(websocket, payload):
    websocket.send(frame(PONG, payload), frame(PING, b"ping payload"))
    assert websocket.pongs(1) == [b"ping payload"]


@pytest.mark.parametrize("pieces", [None, 1])
def test_ten_pongs_arrive_in_order(websocket, pieces):
    payloads = [f"payload-{number}".encode() for number in range(10)]
    websocket.send(*(frame(PING, payload) for payload in payloads), pieces=pieces)
    assert websocket.pongs(10) == payloads


# 3: reserved bits


@pytest.mark.parametrize("reserved", range(1, 8))
@pytest.mark.parametrize("opcode", [TEXT, PING, BINARY])
def test_reserved_bits_are_refused(websocket, opcode, reserved):
    websocket.send(frame(opcode, b"Hello", reserved=reserved))
    assert websocket.end() == PROTOCOL


def test_a_close_frame_with_reserved_bits_is_refused(websocket):
    websocket.send(frame(CLOSE, b"", reserved=7))
    assert websocket.end() == PROTOCOL


def test_frames_before_a_reserved_bit_receive_replies(websocket):
    websocket.send(frame(PING, b"before"), frame(PING, b"after", reserved=4))
    assert websocket.pongs(1) == [b"before"]
    assert websocket.end() == PROTOCOL


# 4: opcodes


@pytest.mark.parametrize("opcode", [*range(3, 8), *range(11, 16)])
@pytest.mark.parametrize("payload", [b"", b"reserved opcode payload"])
def test_reserved_opcodes_are_refused(websocket, opcode, payload):
    websocket.send(frame(PING, b"before"), frame(opcode, payload), frame(PING))
    assert websocket.pongs(1) == [b"before"]
    assert websocket.end() == PROTOCOL


# 5: fragments


@pytest.mark.parametrize("opcode", [PING, PONG, CLOSE])
def test_control_frames_in_fragments_are_refused(websocket, opcode):
    websocket.send(frame(opcode, b"fragment1", fin=False), frame(CONTINUATION, b"fragment2"))
    assert websocket.end() == PROTOCOL


@pytest.mark.parametrize("pieces", [None, 1])
@pytest.mark.parametrize("fragments", [2, 3, 64])
def test_a_text_in_fragments_is_read_whole(websocket, fragments, pieces):
    websocket.send(text("first", fin=False), *(frame(CONTINUATION, b"next", fin=False) for _ in range(fragments - 2)), pieces=pieces)
    assert websocket.is_open()
    websocket.send(frame(CONTINUATION, b"last"))
    assert websocket.end() == UNEXPECTED


def test_control_frames_may_come_between_fragments(websocket):
    websocket.send(text("fragment1", fin=False), frame(PING, b"one"), frame(CONTINUATION, b"fragment2", fin=False), frame(PONG),
                   frame(PING, b"two"))
    assert websocket.pongs(2) == [b"one", b"two"]
    websocket.send(frame(CONTINUATION, b"fragment3"))
    assert websocket.end() == UNEXPECTED


@pytest.mark.parametrize("fin", [True, False])
def test_a_continuation_without_a_message_is_refused(websocket, fin):
    websocket.send(frame(CONTINUATION, b"non-continuation payload", fin=fin), text("Hello"))
    assert websocket.end() == PROTOCOL


@pytest.mark.parametrize("opcode", [TEXT, BINARY])
def test_a_message_within_another_is_refused(websocket, opcode):
    websocket.send(text("fragment1", fin=False), frame(opcode, b"fragment2"))
    assert websocket.end() == PROTOCOL


def test_a_first_message_in_fragments_authorises(api, token):
    words = f'{{"type":"authorize","token":"{token}"}}'
    with RawWebSocket(api) as websocket:
        websocket.send(text(words[:9], fin=False), frame(PING, b"between"), frame(CONTINUATION, words[9:20].encode(), fin=False),
                       frame(CONTINUATION, words[20:].encode()))
        assert websocket.pongs(1) == [b"between"]
        assert websocket.is_open()
        websocket.send(text("again"))
        assert websocket.end() == UNEXPECTED


# 10: arbitrary fragmentation


@pytest.mark.parametrize("size", [1300, 4000])
def test_arbitrary_fragments_form_one_message(websocket, size):
    pieces = [b"*" * min(size, MESSAGE_BYTES - start) for start in range(0, MESSAGE_BYTES, size)]
    websocket.send(text(pieces[0], fin=False), *(frame(CONTINUATION, piece, fin=False) for piece in pieces[1:-1]),
                   frame(CONTINUATION, pieces[-1]), pieces=1300)
    assert websocket.end() == UNEXPECTED
