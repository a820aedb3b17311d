import KubernetesClient
import Terminal
import WireFormats

/// Collects a support bundle: the objects, their status and their recent logs.
struct SupportBundle: Sendable {
    private static let kinds: [ResourceKind] = [
        .deployments, .statefulSets, .replicaSets, .pods, .services, .configMaps, .secrets, .persistentVolumeClaims, .jobs,
        .horizontalPodAutoscalers,
    ]

    let session: Session
    /// The number of lines of each container's log.
    let tail: Int

    struct File: Sendable, Hashable {
        /// Relative to the bundle.
        let path: String
        let contents: String
    }

    /// - Returns: The files by their paths, without secrets; `notes.txt` lists what could not be read.
    func collect() async throws -> [File] {
        // The installation is required, because everything else depends on it.
        let installation = try await Installation.find(in: session)
        async let documents = documents()
        async let objects = objects(of: installation.release)
        async let logs = logs(of: installation)
        let parts = await [documents, objects, logs]
        let notes = parts.flatMap(\.notes).sorted()
        var files = parts.flatMap(\.files)
        if !notes.isEmpty { files.append(File(path: "notes.txt", contents: notes.joined(separator: "\n") + "\n")) }
        return files.sorted { $0.path < $1.path }
    }

    private struct Part: Sendable {
        var files: [File] = []
        var notes: [String] = []

        mutating func add(_ what: String, _ body: () async throws -> [File]) async {
            do {
                files += try await body()
            } catch {
                notes.append("\(what): \(CommandError(error).message)")
            }
        }
    }

    private func documents() async -> Part {
        var part = Part()
        await part.add("status") {
            let status = try await StatusGathering(session: session).gather()
            let data = StatusData(status: status).json
            return [File(path: "status.json", contents: Redaction.text(data.text(pretty: true)) + "\n")]
        }
        await part.add("versions") {
            let version = try await session.client().version()
            let services = try await Installation.find(in: session).services
            let data = VersionReport(cluster: version.gitVersion, services: services).document.data
            return [File(path: "versions.json", contents: data.text(pretty: true) + "\n")]
        }
        await part.add("events") {
            let events = try await session.client().events().map(EventData.json)
            return [File(path: "events.json", contents: Redaction.text(JSONValue.array(events).text(pretty: true)) + "\n")]
        }
        return part
    }

    private func objects(of release: String) async -> Part {
        var part = Part()
        for kind in Self.kinds {
            await part.add(kind.plural) {
                let labels =
                    kind == .persistentVolumeClaims ? InstallationLabels.claims(of: release) : InstallationLabels.of(release: release)
                return try await session.client().list(kind, in: .current, labels).items.map { object in
                    let name = object["metadata"]?["name"]?.stringValue ?? "unnamed"
                    return File(path: "objects/\(kind.plural)/\(name).yaml", contents: YAMLText.text(of: Redaction.object(object)))
                }
            }
        }
        return part
    }

    private func logs(of installation: Installation) async -> Part {
        var part = Part()
        var pods: [Pod] = []
        await part.add("logs") {
            pods = try await session.client().list(Pod.self, in: .current, InstallationLabels.of(release: installation.release)).items
            return []
        }
        for pod in pods {
            for container in pod.spec?.containers ?? [] {
                let restarts = pod.status?.containerStatuses?.first { $0.name == container.name }?.restartCount ?? 0
                await part.add("log of \(pod.name)/\(container.name)") { [try await log(pod.name, container.name)] }
                guard restarts > 0 else { continue }
                await part.add("log of \(pod.name)/\(container.name) before its restart") {
                    [try await log(pod.name, container.name, previous: true)]
                }
            }
        }
        return part
    }

    private func log(_ pod: String, _ container: String, previous: Bool = false) async throws -> File {
        session.status.show("reading the log of \(pod)", isPassing: true)
        var options = LogOptions(container: container, tail: tail)
        options.timestamps = true
        options.previous = previous
        var text = ""
        for try await line in try session.client().logs(pod, options) { text += Redaction.text(line) + "\n" }
        return File(path: "logs/\(pod)/\(container)\(previous ? ".previous" : "").log", contents: text)
    }
}
