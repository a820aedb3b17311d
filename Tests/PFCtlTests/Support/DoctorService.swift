import StubService

/// What auth and api report about their backends.
enum DoctorService {
    /// Nil for other requests.
    static func respond(_ call: StubService.Call, of service: String, isHealthy: Bool) -> (status: Int, body: String)? {
        guard call.path == "/operator/backends" else { return nil }
        guard call.authorization == "Bearer \(TeamService.serviceSecret)" else {
            return (401, #"{"detail":"The token is not valid.","code":"token_invalid"}"#)
        }
        return (200, #"{"backends":[\#((service == "auth" ? auth : api(isHealthy)).joined(separator: ","))]}"#)
    }

    private static let auth = [
        backend(
            "database", "PostgreSQL",
            [
                finding("latency", "a round trip is quick", "ok", "0.6 ms"),
                finding("version", "its version is supported", "ok", "15.19"),
                finding("tls", "connections are encrypted", "warning", "no TLS", "set sslmode=verify-full in PIXELFLOW_AUTH_DATABASE_URL"),
            ])
    ]

    private static func api(_ isHealthy: Bool) -> [String] {
        let replication =
            isHealthy
            ? finding("replication", "topics survive the loss of a broker", "ok", "3 brokers, replication factor 3")
            : finding("answer", "it responds", "failed", "The broker does not respond. (broker_unavailable)", "is it up?")
        return [
            backend(
                "task_database", "MongoDB",
                [
                    finding("durable-write", "a write that a majority has in its journals is quick", "ok", "3.1 ms"),
                    finding("space", "its disk has room", "skipped", "the server does not report it"),
                    finding("moods", "a later release looks at this", "unheard-of", "it does"),
                ]),
            backend("broker", "Kafka", [replication]),
        ]
    }

    private static func backend(_ name: String, _ kind: String, _ findings: [String]) -> String {
        #"{"name":"\#(name)","kind":"\#(kind)","findings":[\#(findings.joined(separator: ","))]}"#
    }

    private static func finding(_ name: String, _ title: String, _ result: String, _ reason: String, _ hint: String? = nil) -> String {
        let hint = hint.map { #","hint":"\#($0)""# } ?? ""
        return #"{"name":"\#(name)","title":"\#(title)","result":"\#(result)","reason":"\#(reason)"\#(hint)}"#
    }
}
