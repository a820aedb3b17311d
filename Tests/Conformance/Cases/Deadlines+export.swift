// Test targets that run a suite also need deadlines.
@_exported public import Deadlines
