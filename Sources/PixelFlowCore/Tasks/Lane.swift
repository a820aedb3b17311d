/// The priority of a task. Each priority is a lane from the upload to the worker, with its own topic.
///
/// A document or message without a lane is in the normal lane, because it was written before there were lanes.
package enum Lane: String, Sendable, Hashable, Codable, CaseIterable {
    case high, normal, low

    /// Workers process tasks in this proportion while all lanes have some.
    package var weight: Int {
        switch self {
        case .high: 16
        case .normal: 4
        case .low: 1
        }
    }

    /// 0 for the highest lane.
    package var rank: Int {
        switch self {
        case .high: 0
        case .normal: 1
        case .low: 2
        }
    }

    package init?(rank: Int) {
        guard let lane = Self.allCases.first(where: { $0.rank == rank }) else { return nil }
        self = lane
    }
}

extension Lane: Comparable {
    package static func < (first: Lane, second: Lane) -> Bool { first.rank < second.rank }
}

extension KeyedDecodingContainer {
    /// Handles documents and messages from before there were lanes. Synthesized decoding calls this.
    func decode(_ type: Lane.Type, forKey key: Key) throws -> Lane { try decodeIfPresent(type, forKey: key) ?? .normal }
}
