import Testing

/// The real executable over HTTP. One service at a time: the figures of one must not depend on another.
@Suite(.serialized) struct EndToEnd {}
