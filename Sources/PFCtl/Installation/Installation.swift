import KubernetesClient
import Terminal

/// An installation of PixelFlow in a namespace: its workloads, found by their labels.
struct Installation: Sendable {
    let release: String
    let namespace: String
    /// PixelFlow's own services, by name.
    let services: [Workload]
    /// Databases, broker and object store installed by the chart, by name.
    let backing: [Workload]

    var workloads: [Workload] { services + backing }

    /// Finds a workload by component (`worker`), by name, or as `deployment/pixelflow-worker`.
    func workload(_ name: String) throws -> Workload {
        let bare = name.split(separator: "/").last.map(String.init) ?? name
        if let found = workloads.first(where: { $0.component == bare || $0.name == bare }) { return found }
        let known = workloads.map(\.component).joined(separator: ", ")
        throw CommandError(.failed, "there is no '\(name)' in the release \(release)", hint: "available: \(known)")
    }

    /// Finds a deployment in the same way.
    func deployment(_ name: String) throws -> (workload: Workload, deployment: Deployment) {
        let workload = try workload(name)
        guard case .deployment(let deployment) = workload.object else {
            throw CommandError(.failed, "\(workload.reference) is not a Deployment; this works only for PixelFlow's own services")
        }
        return (workload, deployment)
    }
}

extension Installation {
    /// Finds the installation that the options select.
    /// - Throws: `CommandError` if there is none, or more than one and no `--release`.
    static func find(in session: Session) async throws -> Installation {
        let client = try session.client()
        async let deployments = client.list(Deployment.self, in: .current, InstallationLabels.everything)
        async let sets = client.list(StatefulSet.self, in: .current, InstallationLabels.everything)
        return try Installation(
            deployments: try await deployments.items, statefulSets: try await sets.items, namespace: client.namespace,
            release: session.global.release)
    }

    /// - Parameter release: Nil to require that there is exactly one.
    init(deployments: [Deployment], statefulSets: [StatefulSet], namespace: String, release: String?) throws {
        let own = deployments.map { Workload(object: .deployment($0)) }.sorted { $0.component < $1.component }
        let backing = statefulSets.map { Workload(object: .statefulSet($0)) }.sorted { $0.component < $1.component }
        let releases = Set(own.map(\.metadata.release)).sorted()
        guard let chosen = release ?? releases.first, releases.contains(chosen) else {
            throw Self.nothing(release: release, namespace: namespace, releases)
        }
        guard release != nil || releases.count == 1 else {
            throw CommandError(
                .usage, "the namespace \(namespace) has more than one release of PixelFlow",
                hint: "give --release; available: \(releases.joined(separator: ", "))")
        }
        self.release = chosen
        self.namespace = namespace
        services = own.filter { $0.metadata.release == chosen }
        self.backing = backing.filter { $0.metadata.release == chosen }
    }

    private static func nothing(release: String?, namespace: String, _ releases: [String]) -> CommandError {
        guard let release, !releases.isEmpty else {
            return CommandError(
                .failed, "there is no PixelFlow in the namespace \(namespace)",
                hint: "are --context and --namespace correct? pfctl check --pre checks whether it can be installed")
        }
        return CommandError(
            .failed, "there is no release \(release) of PixelFlow in the namespace \(namespace)",
            hint: "available: \(releases.joined(separator: ", "))")
    }
}

/// The labels that the chart sets on all of its objects.
enum InstallationLabels {
    static let component = "app.kubernetes.io/component"
    static let instance = "app.kubernetes.io/instance"
    static let version = "app.kubernetes.io/version"

    /// All objects of all installations.
    static let everything = ListOptions(labelSelector: "app.kubernetes.io/part-of=pixelflow")

    static func of(release: String) -> ListOptions {
        ListOptions(labelSelector: "app.kubernetes.io/part-of=pixelflow,\(instance)=\(release)")
    }

    /// Claims have the labels of the StatefulSet's claim template, which is immutable, so the chart omits `part-of` there.
    static func claims(of release: String) -> ListOptions {
        ListOptions(labelSelector: "\(instance)=\(release)")
    }

    static func of(release: String, component name: String) -> ListOptions {
        ListOptions(labelSelector: "app.kubernetes.io/part-of=pixelflow,\(instance)=\(release),\(component)=\(name)")
    }
}

extension ObjectMeta {
    /// `api`, `worker`, `kafka`, …; the object's own name if there is no label.
    var component: String { labels[InstallationLabels.component] ?? name }
    var release: String { labels[InstallationLabels.instance] ?? "" }
}
