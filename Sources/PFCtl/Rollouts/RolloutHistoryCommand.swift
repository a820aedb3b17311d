import ArgumentParser
import KubernetesClient
import Terminal
import WireFormats

struct RolloutHistoryCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "history",
        abstract: "Lists the revisions of a service.",
        discussion: """
            Examples:
              pfctl rollout history api
              pfctl rollout history api --revision 3 -o yaml     With its pod template
            """)

    @Argument(help: "The service.") var service: String

    @Option(help: ArgumentHelp("Show the pod template of this revision.", valueName: "number"))
    var revision: Int?

    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in session: Session) async throws -> ExitStatus {
        let (workload, deployment) = try await Installation.find(in: session).deployment(service)
        let history = try await RevisionHistory.load(of: deployment, in: session)
        guard let revision else {
            session.print(table(history, current: workload.revision, at: session.now))
            return .ok
        }
        let chosen = try history.revision(revision, of: workload.component)
        let set = try await session.client().get(.replicaSets, chosen.name)
        session.print(Self.detail(chosen, template: set["spec"]?["template"] ?? .null))
        return .ok
    }

    private func table(_ history: RevisionHistory, current: Int?, at now: Timestamp) -> Document {
        let columns: [Table.Column] = [
            .init("REVISION", .right), .init("REPLICAS", .right, spare: .early), .init("AGE", .right), .init("IMAGE", cut: .middle),
            .init("REPLICASET", wide: true), .init("CHANGE-CAUSE", cut: .wrap),
        ]
        let rows = history.revisions.map { revision in
            Table.Row([
                Text(revision.number, revision.number == current ? .strong : .plain), Text(revision.replicas),
                Text(revision.created.map { DurationText.age($0.age(at: now)) } ?? ""), Text(revision.image ?? ""), Text(revision.name),
                revision.cause.map { Text($0) } ?? Text("none", .faint),
            ])
        }
        return Document(
            [.table(Table(columns: columns, rows: rows))], data: ["revisions": .array(history.revisions.map(Self.json))],
            names: history.revisions.map { "\(ResourceKind.replicaSets.qualifiedName)/\($0.name)" })
    }

    private static func detail(_ revision: Revision, template: JSONValue) -> Document {
        var data = json(revision)
        data["template"] = template
        return Document(
            [.lines([Text("revision \(revision.number)", .strong)]), .verbatim(YAMLText.text(of: template))], data: data,
            names: ["\(ResourceKind.replicaSets.qualifiedName)/\(revision.name)"])
    }

    private static func json(_ revision: Revision) -> JSONValue {
        var json: JSONValue = [
            "revision": .integer(revision.number), "replicas": .integer(revision.replicas),
            "replicaset": .string(revision.name),
        ]
        json["created_at"] = revision.created.map { .string($0.text) }
        json["image"] = revision.image.map { .string($0) }
        json["change_cause"] = revision.cause.map { .string($0) }
        return json
    }
}

/// The revisions of a deployment that its ReplicaSets still contain.
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
                throw CommandError(.failed, "\(component) has no earlier revision")
            }
            return previous
        }
        guard let found = revisions.first(where: { $0.number == number }) else {
            let known = revisions.map { String($0.number) }.joined(separator: ", ")
            throw CommandError(.failed, "\(component) has no revision \(number)", hint: "available: \(known)")
        }
        return found
    }
}

/// One of the templates of a deployment, kept in a ReplicaSet.
struct Revision: Sendable {
    static let annotation = "deployment.kubernetes.io/revision"
    static let causeAnnotation = "kubernetes.io/change-cause"
    /// The label that distinguishes the pods of a ReplicaSet; the deployment's template does not have it.
    static let hashLabel = "pod-template-hash"

    let number: Int
    let name: String
    let replicas: Int
    let created: Timestamp?
    let image: String?
    let cause: String?

    init?(_ set: ReplicaSet) {
        guard let number = set.metadata.annotations[Self.annotation].flatMap({ Int($0) }) else { return nil }
        self.number = number
        name = set.name
        replicas = set.spec?.replicas ?? 0
        created = set.metadata.creationTimestamp
        image = set.spec?.template?.spec?.containers?.first?.image
        cause = set.metadata.annotations[Self.causeAnnotation]
    }
}
