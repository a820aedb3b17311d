import CRDKafka
import Foundation
import Synchronization
import WireFormats

/// Protects a server that replies to an empty fetch immediately instead of waiting for
/// a message, as Kafka does: librdkafka would repeat the fetch without a pause, thousands of times a second.
///
/// Such responses are quick and of equal size. After several of them, the connection pauses between fetches.
final class FetchPacing: Sendable {
    /// The API key of Fetch in Kafka's protocol.
    static let fetchKey: Int16 = 1
    /// A small delay for a new message that limits fetches to 200 per second. The pause is shorter still after a recent message,
    /// because the next one may follow soon.
    static let rest = Duration.milliseconds(5)
    static let shortRest = Duration.milliseconds(2)
    /// The number of empty responses after which the pause is no longer short.
    static let shortRests = 100
    /// Consecutive quick responses of equal size after which responses count as empty.
    static let emptyFetchesBeforeRest = 3

    private struct Streak {
        var size: Int
        var length: Int
    }

    private let quick: Duration
    private let streaks = Mutex<[Int32: Streak]>([:])

    /// - Parameter wait: how long the server is asked to wait for a message.
    init(wait: Duration) { quick = wait / 2 }

    /// Records a response to a fetch.
    ///
    /// - Returns: the pause before the next fetch.
    func received(broker: Int32, size: Int, in roundTrip: Duration) -> Duration? {
        streaks.withLock { streaks in
            guard roundTrip < quick, let streak = streaks[broker], streak.size == size else {
                streaks[broker] = Streak(size: size, length: 1)
                return nil
            }
            streaks[broker]?.length += 1
            if streak.length < Self.emptyFetchesBeforeRest { return nil }
            return streak.length < Self.emptyFetchesBeforeRest + Self.shortRests ? Self.shortRest : Self.rest
        }
    }

    /// Paces every instance created from the configuration. `self` must outlive them.
    func install(on configuration: OpaquePointer) {
        let opaque = Unmanaged.passUnretained(self).toOpaque()
        rd_kafka_conf_interceptor_add_on_new(
            configuration, "fetch-pacing",
            { client, _, opaque, _, _ in rd_kafka_interceptor_add_on_response_received(client, "fetch-pacing", onResponse, opaque) },
            opaque)
    }
}

/// Runs on the connection's own thread. librdkafka requires callbacks to be short, but pausing the thread is the purpose here.
private func onResponse(
    client: OpaquePointer?, socket: Int32, name: UnsafePointer<CChar>?, broker: Int32, key: Int16, version: Int16, correlation: Int32,
    size: Int, roundTrip: Int64, failure: rd_kafka_resp_err_t, opaque: UnsafeMutableRawPointer?
) -> rd_kafka_resp_err_t {
    guard key == FetchPacing.fetchKey, failure == RD_KAFKA_RESP_ERR_NO_ERROR, let opaque else { return RD_KAFKA_RESP_ERR_NO_ERROR }
    let pacing = Unmanaged<FetchPacing>.fromOpaque(opaque).takeUnretainedValue()
    if let rest = pacing.received(broker: broker, size: size, in: .microseconds(roundTrip)) {
        Thread.sleep(forTimeInterval: rest.seconds)
    }
    return RD_KAFKA_RESP_ERR_NO_ERROR
}
