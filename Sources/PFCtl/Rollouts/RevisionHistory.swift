import KubernetesClient

/// The revisions of a deployment that its ReplicaSets still hold.
struct RevisionHistory: Sendable {
    /// By number.
    let revisions: [Revision]

    static func load(of deployment: Deployment, in session: Session) async throws -> RevisionHistory {
        let options = ListOptions(labelSelector: deployment.spec?.selector?.query)
        let sets = try await session.client().list(ReplicaSet.self, in: .current, options).items
        let own = sets.filter { $0.metadata.controller.map { $0.uid == deployment.metadata.uid } ?? false }
        return RevisionHistory(revisions: own.compactMap(Revision.init).sorted { $0.number < $1.number })
    }

    /// The revision with a number; 0 means the one before the latest.
    func revision(_ number: Int, of component: String) throws -> Revision {
        if number == 0 {
            guard let previous = revisions.dropLast().last else {
                throw CommandFailure(.failed, "\(component) has no earlier revision")
            }
            return previous
        }
        guard let found = revisions.first(where: { $0.number == number }) else {
            let known = revisions.map { String($0.number) }.joined(separator: ", ")
            throw CommandFailure(.failed, "\(component) has no revision \(number)", hint: "there is: \(known)")
        }
        return found
    }
}
