"""The WebSocket of events validates text as required by RFC 6455, and rejects it at the first invalid byte: group 6 of the Autobahn test suite.

No message is expected from a client that has a token, so that a valid text is closed with 1008.
"""

import pytest
from raw_websocket import CONTINUATION, NOT_UTF8, UNEXPECTED, frame, text

KAPPA = "κόσμε"
LONG = "Hello-µ@ßöäüàá-UTF-8!!"
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
# Valid prefixes of characters, with which a message must not end.
CUT_OFF = [b"\xc2", b"\xdf", b"\xe0\xa0", b"\xef\xbf", b"\xf0\x90\x80", b"\xf4\x8f\xbf", "κόσμ".encode() + b"\xce"]


@pytest.mark.parametrize("words", VALID)
def test_valid_text_is_accepted(websocket, words):
    websocket.send(text(words))
    assert websocket.end() == UNEXPECTED


@pytest.mark.parametrize("words", [LONG, KAPPA, "\U0010ffff"])
def test_fragments_may_split_characters(websocket, words):
    first, *rest = (bytes([byte]) for byte in words.encode())
    websocket.send(text(first, fin=False), *(frame(CONTINUATION, byte, fin=False) for byte in rest), frame(CONTINUATION))
    assert websocket.end() == UNEXPECTED


@pytest.mark.parametrize("data", [*INVALID, *CUT_OFF], ids=lambda data: data.hex()[:20])
def test_invalid_utf8_is_rejected(websocket, data):
    websocket.send(text(data))
    assert websocket.end() == NOT_UTF8


@pytest.mark.parametrize("data", INVALID, ids=lambda data: data.hex()[:20])
def test_invalid_utf8_is_rejected_before_the_message_ends(websocket, data):
    websocket.send(text(KAPPA, fin=False), frame(CONTINUATION, data, fin=False))
    assert websocket.end() == NOT_UTF8


def test_a_character_is_rejected_at_its_first_invalid_byte(websocket):
    websocket.send(text(b"\xf4", fin=False))
    assert websocket.is_open()
    websocket.send(frame(CONTINUATION, b"\x90", fin=False))
    assert websocket.end() == NOT_UTF8
