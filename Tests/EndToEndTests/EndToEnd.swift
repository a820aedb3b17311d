import Testing

/// The all-in-one executable over HTTP. One service at a time: the figures of one must not depend on another.
@Suite(.serialized) struct EndToEnd {}

/// The four services over HTTP, on servers of their own. One cluster at a time, beside the all-in-one executable:
/// most of both is waiting, and they share no port, folder or server.
@Suite(.serialized) struct ClusterEndToEnd {}
