package import PixelFlowCore
import WireFormats

/// The body of a delivery: `{"type","timestamp","data"}`, as recommended by Standard Webhooks.
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

    private struct Warning: Encodable {
        let quota: String
        let threshold: Int
        let used: Int
        let limit: Int
        let month: String

        init(_ warning: QuotaWarning) {
            (quota, threshold, used, limit) = (warning.quota, warning.threshold, warning.used, warning.limit)
            month = String(warning.month.iso8601.prefix(7))
        }
    }

    /// The same bytes for every attempt.
    package static func body(of delivery: WebhookDelivery) throws -> [UInt8] {
        let encoder = JSONStreamEncoder(sortsKeys: true)
        func encoded(_ data: some Encodable) throws -> [UInt8] {
            try encoder.encode(Body(type: delivery.event, timestamp: delivery.eventAt.iso8601, data: data))
        }
        switch delivery.payload {
        case .task(let task): return try encoded(TaskView(task))
        case .quota(let warning): return try encoded(Warning(warning))
        case .batch(let completed): return try encoded(BatchView(completed.batch, completed.counts))
        case .test: return try encoded(Greeting(webhook: delivery.endpoint.rawValue))
        }
    }
}
