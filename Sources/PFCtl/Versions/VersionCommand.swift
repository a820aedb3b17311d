import ArgumentParser
import KubernetesClient
import PixelFlowRelease
import Terminal
import WireFormats

struct VersionCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "version",
        abstract: "Shows the versions of pfctl, the services and the cluster.",
        discussion: """
            Examples:
              pfctl version
              pfctl version --client     Asks nobody
            """)

    @Flag(help: "Show the version of pfctl only, without contacting the cluster.")
    var client = false

    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in session: Session) async throws -> ExitStatus {
        guard !client else {
            session.print(VersionReport(cluster: nil, services: nil).document)
            return .ok
        }
        let cluster = try session.client()
        async let version = cluster.version()
        async let installation = Installation.find(in: session)
        session.print(VersionReport(cluster: try await version.gitVersion, services: try await installation.services).document)
        return .ok
    }
}

struct VersionReport {
    let cluster: String?
    let services: [Workload]?

    var document: Document {
        var fields = [Document.Field("pfctl", Text(Release.version))]
        var data: JSONValue = ["client": ["version": .string(Release.version)]]
        if let cluster {
            fields.append(.init("Kubernetes", Text(cluster)))
            data["kubernetes"] = ["version": .string(cluster)]
        }
        guard let services else { return Document([.fields(fields)], data: data, names: ["pfctl/\(Release.version)"]) }
        for service in services { fields.append(.init(service.component, Self.text(service))) }
        data["services"] = .array(services.map { ["name": .string($0.component), "version": .string($0.version ?? "")] })
        return Document([.fields(fields)], data: data, names: services.map(\.reference))
    }

    private static func text(_ service: Workload) -> Text {
        guard let version = service.version else { return Text("unknown", .faint) }
        return version == Release.version ? Text(version) : Text(version, .warning) + Text("  (differs from pfctl)", .faint)
    }
}
