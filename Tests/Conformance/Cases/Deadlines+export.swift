// Whoever runs a suite waits for something too.
@_exported public import Deadlines
