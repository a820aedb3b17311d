import PixelFlowCore
import Synchronization

/// The issuer, as soon as the store has given its keys: a service starts whether its database answers or not.
final class IssuerSource: Sendable {
    private enum State {
        case empty
        case loading(Task<TokenIssuer, any Error>)
        case loaded(TokenIssuer)
    }

    private let state = Mutex(State.empty)
    private let load: @Sendable () async throws -> TokenIssuer

    init(_ load: @escaping @Sendable () async throws -> TokenIssuer) { self.load = load }

    /// Loads once, for all who wait; after a failure the next caller retries.
    func issuer() async throws -> TokenIssuer {
        try await loading().value
    }

    private func loading() -> Task<TokenIssuer, any Error> {
        state.withLock { state -> Task<TokenIssuer, any Error> in
            switch state {
            case .loaded(let issuer): return Task<TokenIssuer, any Error> { issuer }
            case .loading(let task): return task
            case .empty:
                let task = Task { try await self.loadOnce() }
                state = .loading(task)
                return task
            }
        }
    }

    private func loadOnce() async throws -> TokenIssuer {
        do {
            let issuer = try await load()
            state.withLock { $0 = .loaded(issuer) }
            return issuer
        } catch {
            state.withLock { $0 = .empty }
            throw error
        }
    }
}
