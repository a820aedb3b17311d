import PixelFlowCore
import Synchronization

/// The WebSockets that have opened without a token and have not sent one yet. They are few: nobody has vouched for them, and a
/// connection of theirs is not closed in favour of another.
final class TokenlessSockets: Sendable {
    /// In all, and from one address.
    static let limit = 256
    static let limitPerAddress = 16

    private let state = Mutex<(count: Int, addresses: [String: Int])>((0, [:]))

    /// - Parameter address: of the client.
    /// - Returns: nil if there are too many already.
    func enter(from address: String) -> Place? {
        let isAdmitted = state.withLock { state in
            guard state.count < Self.limit, state.addresses[address, default: 0] < Self.limitPerAddress else { return false }
            state.count += 1
            state.addresses[address, default: 0] += 1
            return true
        }
        return isAdmitted ? Place(in: self, address) : nil
    }

    private func leave(_ address: String) {
        state.withLock { state in
            state.count -= 1
            let left = state.addresses[address, default: 1] - 1
            state.addresses[address] = left > 0 ? left : nil
        }
    }

    /// Given back when it is left, or let go of.
    final class Place: Sendable {
        private let sockets: TokenlessSockets
        private let address: String
        private let isTaken = Atomic(true)

        fileprivate init(in sockets: TokenlessSockets, _ address: String) {
            self.sockets = sockets
            self.address = address
        }

        deinit { leave() }

        func leave() { if isTaken.exchange(false, ordering: .relaxed) { sockets.leave(address) } }
    }
}
