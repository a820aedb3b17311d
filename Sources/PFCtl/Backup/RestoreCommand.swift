import ArgumentParser
import AsyncPrimitives
import PixelFlowClient
import Terminal
import WireFormats

struct RestoreCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Restores a backup into an empty installation.",
        discussion: """
            Checks every file first. The installation must be new, of the same release, and have the same kind of task database; accounts \
            can move between SQLite and PostgreSQL. Run the command again to continue an interrupted restore. As soon as they are \
            restored, tasks that were waiting or in progress are processed, and webhooks that were due are sent. In a cluster, auth is \
            restarted at the end, which gives every replica the signing keys of the backup.

            Examples:
              pfctl restore ./2026-11-30 --dry-run
              pfctl restore ./2026-11-30
              pfctl restore "s3://backups/2026-11-30?endpoint=https://s3.example.org"
              pfctl restore ./today --auth-url http://127.0.0.1:50051 --api-url http://127.0.0.1:8080 --secret-file data/service-secret
            """)

    @Argument(help: ArgumentHelp("The folder of the backup, or s3://bucket/prefix.", valueName: "location")) var location: String

    @Flag(name: .customLong("dry-run"), help: "Check the backup and the installation, and change nothing.") var isDryRun = false

    @Option(help: ArgumentHelp("How long the restart of auth may take; 0 means forever.", valueName: "duration"))
    var timeout: DurationArgument = .seconds(300)

    @OptionGroup var access: BackupAccess
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in session: Session) async throws -> ExitStatus {
        let location = try BackupLocations.location(location, in: session)
        let manifest = try await location.manifest()
        try await session.status.spinning {
            session.status.show("checking \(location.name)")
            try await location.check(manifest) { session.status.show("checking objects: \($0)", isPassing: true) }
        }
        func run(_ services: BackupServices) -> RestoreRun {
            RestoreRun(location: location, manifest: manifest, services: services, session: session)
        }
        let plan = try await access.using(in: session) { services in
            let run = run(services)
            return try await session.status.spinning {
                let plan = try await run.plan()
                if !isDryRun { try await run.run(plan) }
                return plan
            }
        }
        let restarts = access.isCluster && !isDryRun
        // Before the restore is finished: mail whose secrets derive from the previous signing key would be discarded as obsolete.
        if restarts { try await restartAuth(session) }
        if !isDryRun { try await reaching(in: session) { try await run($0).finishAccounts(plan) } }
        session.print(
            BackupReport.document(
                isDryRun ? "would restore \(location.name) (dry run)" : "\(location.name) restored", manifest,
                more: [type(of: location).kind: .string(location.name), "dry_run": .bool(isDryRun), "auth_restarted": .bool(restarts)]))
        return .ok
    }

    /// Retries, because right after a restart the selected pod may be terminating.
    private func reaching(in session: Session, _ body: (BackupServices) async throws -> Void) async throws {
        try await retry(RetryOptions().policy, if: { ($0 as? CommandError)?.status == .unreachable }) {
            try await access.using(in: session, body)
        }
    }

    private func restartAuth(_ session: Session) async throws {
        let auth = try await Installation.find(in: session).workload("auth")
        session.status.show("restarting auth")
        _ = try await RolloutChange(session: session, options: try ChangeOptions.parse([])).restart(auth)
        try await RolloutWait(session: session).wait(for: auth, timeout: timeout.duration)
        session.status.clear()
    }
}
