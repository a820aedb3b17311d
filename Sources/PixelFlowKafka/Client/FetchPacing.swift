import CRDKafka
import Foundation
import Synchronization
import WireFormats

/// Spares a server that answers an empty fetch at once instead of waiting, as Kafka does, for a
/// message to come: librdkafka would ask it again without a pause, thousands of times a second.
///
/// Such answers are quick and all of one size; between two of them the connection rests a little.
final class FetchPacing: Sendable {
    /// Of Kafka's protocol.
    static let fetchKey: Int16 = 1
    /// A small delay for a waiting message, but it limits fetches to 200 per second instead of all that the server can handle; shorter
    /// still after a recent message, since the next one may follow soon.
    static let rest = Duration.milliseconds(5)
    static let shortRest = Duration.milliseconds(2)
    /// The number of empty responses after which the pause is no longer short.
    static let shortRests = 100
    /// Quick answers of one size in a row before it is believed that there is nothing in them.
    static let emptyFetchesBeforeRest = 3

    private struct Streak {
        var size: Int
        var length: Int
    }

    private let quick: Duration
    private let streaks = Mutex<[Int32: Streak]>([:])

    /// - Parameter wait: how long the server is asked to wait for a message.
    init(wait: Duration) { quick = wait / 2 }

    /// Notes an answer to a fetch.
    ///
    /// - Returns: how long to rest before the next.
    func answered(broker: Int32, size: Int, in roundTrip: Duration) -> Duration? {
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
    if let rest = pacing.answered(broker: broker, size: size, in: .microseconds(roundTrip)) {
        Thread.sleep(forTimeInterval: rest.seconds)
    }
    return RD_KAFKA_RESP_ERR_NO_ERROR
}
