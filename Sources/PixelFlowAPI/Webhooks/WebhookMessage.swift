import Foundation
package import PixelFlowCore

/// The body of a delivery: `{"type","timestamp","data"}`, as Standard Webhooks suggests.
package enum WebhookMessage {
    private struct Body<Content: Encodable>: Encodable {
        let type: WebhookEvent
        let timestamp: String
        let data: Content
    }

    private struct Greeting: Encodable {
        let webhook: String
        let message = "This is a test."
    }

    /// The same bytes for every attempt.
    package static func body(of delivery: WebhookDelivery) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        func encoded(_ data: some Encodable) throws -> [UInt8] {
            Array(try encoder.encode(Body(type: delivery.event, timestamp: delivery.eventAt.iso8601, data: data)))
        }
        switch delivery.payload {
        case .task(let task): return try encoded(TaskView(task))
        case .test: return try encoded(Greeting(webhook: delivery.endpoint.rawValue))
        }
    }
}
