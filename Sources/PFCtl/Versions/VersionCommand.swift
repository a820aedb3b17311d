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
              pfctl version --client     Does not contact the cluster
              pfctl version --check      Also looks for a newer release
            """)

    @Flag(help: "Show the version of pfctl only, without contacting the cluster.")
    var client = false

    @Flag(help: "Look for a newer release. Without it, pfctl connects to the cluster only.")
    var check = false

    @Option(help: ArgumentHelp("The URL of the releases for --check, instead of $PFCTL_RELEASES or the project's own.", valueName: "url"))
    var releases: String?

    @OptionGroup(title: "Global options") var global: GlobalOptions

    func validate() throws {
        guard check || releases == nil else { throw ValidationError("'--releases' says where '--check' asks: give both.") }
    }

    func run(in session: Session) async throws -> ExitStatus {
        var report = VersionReport()
        if check {
            let feed = try ReleaseFeed(option: releases, environment: session.environment)
            report.latest = try await feed.latest(within: session.global.requestTimeout)
        }
        if !client {
            let cluster = try session.client()
            async let version = cluster.version()
            async let installation = Installation.find(in: session)
            report.cluster = try await version.gitVersion
            report.services = try await installation.services
        }
        session.print(report.document)
        return .ok
    }
}

struct VersionReport {
    var cluster: String?
    var services: [Workload]?
    /// The newest release, if requested.
    var latest: ReleaseVersion?

    var document: Document {
        var fields = [Document.Field("pfctl", Text(Release.version))]
        var data: JSONValue = ["client": ["version": .string(Release.version)]]
        if let latest {
            let isNewer = ReleaseVersion(Release.version).map { $0 < latest } ?? false
            fields.append(.init("latest release", Text("\(latest)") + Text(isNewer ? "  (newer than pfctl)" : "", .warning)))
            data["latest"] = ["version": .string("\(latest)"), "newer": .bool(isNewer)]
        }
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
