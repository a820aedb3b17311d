import PixelFlowCore
import Synchronization

/// Open WebSockets that have not sent a token yet. Their number is small, because they are not authenticated, and their connections are not
/// closed in favour of others.
final class TokenlessSockets: Sendable {
    /// The maximum in total and per address.
    static let limit = 256
    static let limitPerAddress = 16

    private let state = Mutex<(count: Int, addresses: [String: Int])>((0, [:]))

    /// - Parameter address: the address of the client.
    /// - Returns: nil at the limit.
    func enter(from address: String) -> Slot? {
        let isAdmitted = state.withLock { state in
            guard state.count < Self.limit, state.addresses[address, default: 0] < Self.limitPerAddress else { return false }
            state.count += 1
            state.addresses[address, default: 0] += 1
            return true
        }
        return isAdmitted ? Slot(in: self, address) : nil
    }

    private func leave(_ address: String) {
        state.withLock { state in
            state.count -= 1
            let left = state.addresses[address, default: 1] - 1
            state.addresses[address] = left > 0 ? left : nil
        }
    }

    /// Returned explicitly or on deallocation.
    final class Slot: Sendable {
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
