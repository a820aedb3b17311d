"""Statistics of measured values."""


def percentile(samples, share):
    """The value below which this share of the samples lies."""
    ordered = sorted(samples)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def percentile_ms(rounds, share):
    """In milliseconds, over the samples of all rounds, which are in seconds."""
    return percentile([seconds for samples in rounds for seconds in samples], share) * 1000
