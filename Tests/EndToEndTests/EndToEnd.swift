import Testing

/// The all-in-one executable over HTTP. One service at a time, so that measurements do not affect each other.
@Suite(.serialized) struct EndToEnd {}

/// The four services over HTTP, on separate servers. One cluster at a time, concurrently with the all-in-one executable:
/// both mostly wait, and they share no port, folder or server.
@Suite(.serialized) struct ClusterEndToEnd {}
