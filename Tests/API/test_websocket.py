"""The events' WebSocket does what RFC 6455 demands, in the groups of the Autobahn test suite.

Its cases want an echo. Here no message is expected from a client that has a token: a valid text is closed with 1008 and a binary message
with 1003, at once and whole; and a client without a token is closed with 1008 where its first message is no authorisation.
"""

import pytest
from raw_websocket import BINARY, CONTINUATION, PING, PONG, TEXT, RawWebSocket, close, frame, text

# What a client may send in one message; see the description of the events.
MESSAGE_BYTES = 8192
UNEXPECTED, NOT_TEXT, PROTOCOL, NOT_UTF8, TOO_LARGE = 1008, 1003, 1002, 1007, 1009
KAPPA = "κόσμε"
LONG = "Hello-µ@ßöäüàá-UTF-8!!"


@pytest.fixture
def api(instance):
    return instance.bases["api"]


@pytest.fixture(scope="module")
def token(instance):
    from user import User
    return User(instance.bases["web"]).token


@pytest.fixture
def websocket(api, token):
    with RawWebSocket(api, token) as websocket:
        yield websocket


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
def test_a_ping_is_answered_with_its_bytes(websocket, payload, pieces):
    websocket.send(frame(PING, payload), pieces=pieces)
    assert websocket.pongs(1) == [payload]


@pytest.mark.parametrize("opcode", [PING, PONG])
def test_a_control_frame_of_126_bytes_is_refused(websocket, opcode):
    websocket.send(frame(opcode, bytes([0xFE]) * 126))
    assert websocket.end() == PROTOCOL


@pytest.mark.parametrize("payload", [b"", b"unsolicited pong payload"])
def test_pongs_that_nobody_asked_for_are_ignored(websocket, payload):
    websocket.send(frame(PONG, payload), frame(PING, b"ping payload"))
    assert websocket.pongs(1) == [b"ping payload"]


@pytest.mark.parametrize("pieces", [None, 1])
def test_ten_pings_are_answered_in_order(websocket, pieces):
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
    websocket.send(frame(8, b"", reserved=7))
    assert websocket.end() == PROTOCOL


def test_what_came_before_a_reserved_bit_is_answered(websocket):
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


@pytest.mark.parametrize("opcode", [PING, PONG, 8])
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
def test_a_continuation_of_nothing_is_refused(websocket, fin):
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


# 6: UTF-8

VALID = [
    LONG, KAPPA, "", "\0", "\x7f", "\x80", "߿", "ࠀ", "퟿", "\ue000", "�", "￾", "￿", "\U00010000", "\U0001fffe", "\U0010ffff",
]
INVALID = [
    KAPPA.encode() + b"\xed\xa0\x80" + b"edited", b"\xf8\x88\x80\x80\x80", b"\xfc\x84\x80\x80\x80\x80", b"\xf7\xbf\xbf\xbf", b"\xfe", b"\xff",
    b"\xfe\xfe\xff\xff", b"\x80", b"\xbf", b"\x80\xbf", b"\x80\xbf\x80\xbf\x80\xbf\x80", bytes(range(0x80, 0xC0)),
    b"\xc0 \xc1 \xc2 ", b"\xe0 \xe1 ", b"\xf0 \xf1 ", b"\xf4\x90\x80\x80", b"\xc0\xaf", b"\xe0\x80\xaf", b"\xf0\x80\x80\xaf", b"\xc1\xbf",
    b"\xe0\x9f\xbf", b"\xf0\x8f\xbf\xbf", b"\xc0\x80", b"\xe0\x80\x80", b"\xed\xa0\x80", b"\xed\xaf\xbf", b"\xed\xbf\xbf",
    b"\xed\xa0\x80\xed\xb0\x80",
]
# Valid beginnings that a message may not end with.
CUT_OFF = [b"\xc2", b"\xdf", b"\xe0\xa0", b"\xef\xbf", b"\xf0\x90\x80", b"\xf4\x8f\xbf", "κόσμ".encode() + b"\xce"]


@pytest.mark.parametrize("words", VALID)
def test_text_is_text(websocket, words):
    websocket.send(text(words))
    assert websocket.end() == UNEXPECTED


@pytest.mark.parametrize("words", [LONG, KAPPA, "\U0010ffff"])
def test_fragments_may_cut_characters(websocket, words):
    first, *rest = (bytes([byte]) for byte in words.encode())
    websocket.send(text(first, fin=False), *(frame(CONTINUATION, byte, fin=False) for byte in rest), frame(CONTINUATION))
    assert websocket.end() == UNEXPECTED


@pytest.mark.parametrize("data", [*INVALID, *CUT_OFF], ids=lambda data: data.hex()[:20])
def test_what_is_no_utf8_is_refused(websocket, data):
    websocket.send(text(data))
    assert websocket.end() == NOT_UTF8


@pytest.mark.parametrize("data", INVALID, ids=lambda data: data.hex()[:20])
def test_what_is_no_utf8_is_refused_before_the_message_ends(websocket, data):
    websocket.send(text(KAPPA, fin=False), frame(CONTINUATION, data, fin=False))
    assert websocket.end() == NOT_UTF8


def test_a_character_is_refused_at_its_first_wrong_byte(websocket):
    websocket.send(text(b"\xf4", fin=False))
    assert websocket.is_open()
    websocket.send(frame(CONTINUATION, b"\x90", fin=False))
    assert websocket.end() == NOT_UTF8


# 7: closing


@pytest.mark.parametrize("code", [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999])
@pytest.mark.parametrize("reason", [b"", b"Hello World!", b"*" * 123])
def test_a_close_is_answered_with_its_code(websocket, code, reason):
    websocket.send(close(code, reason))
    assert websocket.end() == code


def test_a_close_without_a_code_is_answered(websocket):
    websocket.send(close())
    assert websocket.end() is None


@pytest.mark.parametrize("code", [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535])
@pytest.mark.parametrize("reason", [b"", b"reason"])
def test_codes_that_may_not_be_sent_are_refused(websocket, code, reason):
    websocket.send(close(code, reason))
    assert websocket.end() == PROTOCOL


@pytest.mark.parametrize("payload", [b"\x03", b"\x03\xe8" + b"*" * 124, b"\x03\xe8\xce\xba\xe1\xbd\xb9\xed\xa0\x80"])
def test_close_frames_that_are_none_are_refused(websocket, payload):
    websocket.send(frame(8, payload))
    assert websocket.end() == PROTOCOL


@pytest.mark.parametrize("after", [text("late"), frame(PING, b"late"), close(1001), frame(CONTINUATION, b"late")])
def test_nothing_counts_after_a_close(websocket, after):
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


# 10: what is cut into frames by whoever sends it


@pytest.mark.parametrize("size", [1300, 4000])
def test_a_message_that_is_cut_anyhow_is_one(websocket, size):
    pieces = [b"*" * min(size, MESSAGE_BYTES - start) for start in range(0, MESSAGE_BYTES, size)]
    websocket.send(text(pieces[0], fin=False), *(frame(CONTINUATION, piece, fin=False) for piece in pieces[1:-1]),
                   frame(CONTINUATION, pieces[-1]), pieces=1300)
    assert websocket.end() == UNEXPECTED


# Through web


def test_web_passes_it_all_on(web, token):
    with RawWebSocket(web, token) as websocket:
        websocket.send(frame(PING, b"through"), pieces=1)
        assert websocket.pongs(1) == [b"through"]
        websocket.send(text(b"\xff"))
        assert websocket.end() == NOT_UTF8
    with RawWebSocket(web, token) as websocket:
        websocket.send(close(3000))
        assert websocket.end() == 3000
