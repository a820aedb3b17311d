import KubernetesClient

/// Creates a Secret once, however often and by however many it is asked.
struct SecretInstaller: Sendable {
    private static let firstPause = Duration.milliseconds(250)
    private static let longestPause = Duration.seconds(5)

    let session: Session
    let change: ChangeOptions

    /// Goes on while the API server does not answer.
    /// - Returns: Whether it was made now.
    func install(_ secret: RandomSecret) async throws -> Bool {
        var pause = Self.firstPause
        while true {
            do {
                return try await attempt(secret)
            } catch let error as KubernetesError where error.isTransient {
                session.status.show("trying again: \(error.message)")
            }
            try await Task.sleep(for: pause)
            pause = min(pause * 2, Self.longestPause)
        }
    }

    private func attempt(_ secret: RandomSecret) async throws -> Bool {
        let client = try session.client()
        do {
            _ = try await client.get(.secrets, secret.name)
            return false
        } catch let error as KubernetesError where error.kind == .notFound {
            guard !change.isClientOnly else { return true }
        }
        do {
            try await client.create(.secrets, secret.object(), options: change.writeOptions)
            return true
        } catch let error as KubernetesError where error.kind == .alreadyExists || error.kind == .conflict {
            return false
        }
    }
}
