/// A message to be published.
struct KafkaMessage: Sendable {
    var topic: String
    var key: [UInt8]
    var value: [UInt8]
    var headers: [(name: String, value: String)]
}
