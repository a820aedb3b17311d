import ArgumentParser
import PixelFlowClient
import Terminal
import WireFormats

struct BackupCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Copies accounts, tasks and objects of the installation into a folder or a bucket.",
        discussion: """
            Reads through auth and api while PixelFlow runs, with any of their databases. The backup contains accounts, keys and secrets \
            in plain text: only you can read the folder; store it securely. Run the command again to continue an interrupted backup: \
            existing objects are not read again. Needs permission to read the Secret with the service secret.

            The address of a bucket has the form of PIXELFLOW_BLOB_URL; its keys are in PIXELFLOW_S3_ACCESS_KEY and \
            PIXELFLOW_S3_SECRET_KEY. It must not be the bucket of the installation. Files are stored in $TMPDIR until they are sent.

            Examples:
              pfctl backup ./2026-11-30 --dry-run
              pfctl backup ./2026-11-30
              pfctl backup --check ./2026-11-30         Whether every file is unchanged
              pfctl backup "s3://backups/2026-11-30?endpoint=https://s3.example.org"
              pfctl backup ./today --auth-url http://127.0.0.1:50051 --api-url http://127.0.0.1:8080 --secret-file data/service-secret
            """)

    @Argument(
        help: ArgumentHelp(
            "A folder or s3://bucket/prefix: a new one, or that of an interrupted backup.", valueName: "location"))
    var location: String

    @Flag(help: "Check an existing backup; needs no installation.") var check = false
    @Flag(name: .customLong("dry-run"), help: "Show how much there is to copy, and copy nothing.") var isDryRun = false

    @OptionGroup var access: BackupAccess
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func validate() throws {
        guard !check || !isDryRun else { throw ValidationError("--check changes nothing and cannot be combined with --dry-run.") }
    }

    func run(in session: Session) async throws -> ExitStatus {
        let location = try BackupLocations.location(location, in: session)
        let details = [type(of: location).kind: JSONValue.string(location.name)]
        if check {
            let manifest = try await location.manifest()
            try await session.status.spinning {
                session.status.show("checking \(location.name)")
                try await location.check(manifest) { session.status.show("checking objects: \($0)", isPassing: true) }
            }
            session.print(BackupReport.document("\(location.name) is complete", manifest, more: details))
            return .ok
        }
        return try await access.using(in: session) { services in
            if isDryRun {
                session.print(try await session.status.spinning { try await estimate(services, session) })
                return .ok
            }
            let (manifest, read) = try await session.status.spinning {
                try await BackupRun(location: location, services: services, session: session).run()
            }
            session.print(
                BackupReport.document(
                    "backup in \(location.name)", manifest, more: details.merging(["objects_read": .integer(read)]) { $1 }))
            return .ok
        }
    }

    private func estimate(_ services: BackupServices, _ session: Session) async throws -> Document {
        session.status.show("counting")
        let (auth, api) = (try await services.report(.auth), try await services.report(.api))
        var (count, bytes) = (0, 0)
        var next: String?
        repeat {
            let page = try await services.api.call { try await $0.archivedObjects(after: next, withSizes: true) }
            count += page.objects.count
            bytes += page.objects.reduce(0) { $0 + Int($1.bytes ?? 0) }
            session.status.show("counting objects: \(count)", isPassing: true)
            next = page.next
        } while next != nil
        let data: JSONValue = [
            "dry_run": true, "accounts": ["rows": .integer(auth.rows)], "tasks": ["rows": .integer(api.rows)],
            "objects": ["count": .integer(count), "bytes": .integer(bytes)],
        ]
        return Document(
            [
                .lines([Text("would copy (dry run)", .strong)]),
                .fields([
                    .init("accounts", Text("\(auth.rows) rows")), .init("tasks", Text("\(api.rows) rows, \(api.form)")),
                    .init("objects", Text("\(count), \(ByteText.of(bytes))")),
                ]),
            ], data: data)
    }
}
