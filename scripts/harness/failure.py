"""What all of this raises."""


class Failure(Exception):
    """What did not hold, in words for people."""


def expect(condition, reason):
    if not condition:
        raise Failure(reason)
