"""The error that this package raises."""


class Failure(Exception):
    """A failed expectation, with a message for people."""


def expect(condition, reason):
    if not condition:
        raise Failure(reason)
