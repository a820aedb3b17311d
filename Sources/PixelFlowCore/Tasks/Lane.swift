/// The priority of a task. Each priority is a lane from the upload to the worker, with a topic of its own.
///
/// A document or message that names none is in the normal lane: it was written before there were lanes.
package enum Lane: String, Sendable, Hashable, Codable, CaseIterable {
    case high, normal, low

    /// Workers take tasks in this proportion while every lane has some.
    package var weight: Int {
        switch self {
        case .high: 16
        case .normal: 4
        case .low: 1
        }
    }

    /// 0 for the lane that comes first.
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
    /// Documents and messages from before there were lanes name none. Synthesized decoding calls this.
    func decode(_ type: Lane.Type, forKey key: Key) throws -> Lane { try decodeIfPresent(type, forKey: key) ?? .normal }
}
