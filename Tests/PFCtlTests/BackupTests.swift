import Deadlines
import FakeKubernetes
import Foundation
import PFCtl
import StubService
import Synchronization
import Terminal
import TerminalTesting
import Testing
import WireFormats

/// Backups through a cluster. EndToEndTests check their content and file errors, with real services.
@Suite struct BackupTests {
    @Test func readsThroughTheClusterAndRestartsAuthAfterARestore() async throws {
        try await Self.run { pixelflow, auth, api in
            let folder = "\(pixelflow.folder)/backup"
            let backup = await pixelflow.pfctl("backup", folder)
            #expect(backup.status == .ok, "\(backup.errors)")
            #expect(try String(contentsOfFile: folder + "/accounts.ndjson", encoding: .utf8) == Self.users)
            #expect(try String(contentsOfFile: folder + "/objects/t/1/source", encoding: .utf8) == "PICTURE")
            let before = Set(pixelflow.pods(of: "auth"))
            async let restored = pixelflow.pfctl("restore", folder, "-o", "json")
            try await eventually(within: .seconds(60), "the rows to be restored") {
                auth.lines.contains { $0.hasPrefix("POST") } ? () : nil
            }
            let controllers = pixelflow.cluster.runControllers(namespace: FakePixelFlow.namespace)
            // The restore finishes through the new pods, which forward to the service like the previous ones.
            let exposing = Task {
                // bounded: by the end of the restore, which cancels it.
                while !Task.isCancelled {
                    for pod in pixelflow.pods(of: "auth") where !before.contains(pod) {
                        pixelflow.cluster.expose(pod: pod, port: 50_051, namespace: FakePixelFlow.namespace, localPort: auth.port)
                    }
                    try? await Task.sleep(for: .milliseconds(20))
                }
            }
            let restore = await restored
            controllers.cancel()
            exposing.cancel()
            #expect(restore.status == .ok, "\(restore.errors)")
            #expect(try JSONValue(parsing: restore.output.utf8)["auth_restarted"] == true)
            #expect(before.isDisjoint(with: pixelflow.pods(of: "auth")))
            let id = try #require(try JSONValue(parsing: restore.output.utf8)["id"]?.stringValue)
            let path = "/operator/archive/restores/\(id)"
            let changes = { (service: StubService) in service.lines.filter { !$0.hasPrefix("GET") } }
            #expect(changes(api) == ["PUT \(path)", "PUT \(path)/object?key=t%2F1%2Fsource", "POST \(path)/rows", "DELETE \(path)"])
            #expect(changes(auth) == ["PUT \(path)", "POST \(path)/rows", "DELETE \(path)"])
            #expect(auth.calls.first { $0.method == "POST" }?.body == Self.users)
            #expect(api.calls.allSatisfy { $0.authorization == "Bearer \(TeamService.serviceSecret)" })
        }
    }

    @Test func refusesIncompleteRows() async throws {
        try await Self.run(end: #"{"rows":2,"sha256":"\#(Self.usersDigest)"}"#) { pixelflow, _, _ in
            let backup = await pixelflow.pfctl("backup", "\(pixelflow.folder)/backup")
            #expect(backup.status == .unreachable, "\(backup.errors)")
            #expect(!FileManager.default.fileExists(atPath: "\(pixelflow.folder)/backup/accounts.ndjson"))
            #expect(!FileManager.default.fileExists(atPath: "\(pixelflow.folder)/backup/manifest.json"))
        }
    }

    /// The state that a backup leaves if it is killed at the very end.
    @Test func continuesDespiteADraftOfTheManifest() async throws {
        try await Self.run { pixelflow, _, _ in
            let folder = "\(pixelflow.folder)/backup"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try Data("{".utf8).write(to: URL(fileURLWithPath: folder + "/manifest.json.4711"))
            let backup = await pixelflow.pfctl("backup", folder)
            #expect(backup.status == .ok, "\(backup.errors)")
            let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
            #expect(names == ["accounts.ndjson", "manifest.json", "objects", "objects.ndjson", "tasks.ndjson"])
        }
    }

    /// Keys become paths below the folder.
    @Test(arguments: ["../../up", "/up", "t/./1", "t//1"]) func writesNoObjectElsewhere(key: String) async throws {
        try await Self.run(next: (200, #"{"objects":[{"key":"\#(key)"}]}"#)) { stand, _, api in
            let backup = await stand.pfctl("backup", "\(stand.folder)/a/backup")
            #expect(backup.status != .ok)
            #expect(backup.errors.contains("not allowed for a file"), "\(backup.errors)")
            #expect(!api.lines.contains { $0.contains("up") && $0.contains("/object?") })
        }
    }

    /// pfctl did not create it, so it must not be removed.
    @Test(arguments: ["manifest.json.old", "manifest.json.", "notes.4711"])
    func refusesAFolderWithOtherFiles(name: String) async throws {
        try await Self.run { pixelflow, _, _ in
            let folder = "\(pixelflow.folder)/backup"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try Data("{".utf8).write(to: URL(fileURLWithPath: folder + "/" + name))
            let backup = await pixelflow.pfctl("backup", folder)
            #expect(backup.status == .failed, "\(backup.errors)")
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == [name])
        }
    }

    @Test(arguments: [
        ["backup", "x", "--auth-url", "http://127.0.0.1:1"], ["backup", "x", "--secret-file", "y"],
        ["backup", "x", "--check", "--dry-run"],
        ["backup"], ["restore", "x", "--auth-url", "http://127.0.0.1:1", "--api-url", "http://127.0.0.1:1"],
    ])
    func refusesInvalidArguments(arguments: [String]) async throws {
        try await FakePixelFlow.run { pixelflow in
            let outcome = await pixelflow.pfctl(arguments, console: nil)
            #expect(outcome.status == (arguments[0] == "restore" ? .failed : .usage), "\(outcome.errors)")
        }
    }

    static let users = #"{"table":"users","values":["u1"]}"# + "\n"
    private static let usersDigest = "555182de1e38c813346a9b8ffd2e959f2c68fcf59236f818e3a3927500c9a132"
    private static let tasks = #"{"table":"task","values":["t1"]}"# + "\n"
    private static let tasksDigest = "f3c10c16738bee079ed6353de41424dd0faab598648928016fb6b48cb988f993"

    private static func report(_ form: String) -> String {
        #"{"form":{"name":"\#(form)","schema":1},"release":"1.0.0","rows":1,"is_empty":true}"#
    }

    private final class Listing: Sendable {
        private let wasAsked = Atomic(false)

        var isFirst: Bool { !wasAsked.exchange(true, ordering: .relaxed) }
    }

    /// - Parameters:
    ///   - end: the last line of the accounts.
    ///   - next: the response to a request for the second page of objects.
    static func run(
        end: String = #"{"rows":1,"sha256":"\#(usersDigest)"}"#, next: (status: Int, body: String)? = nil, stallingRows: Bool = false,
        _ body: @Sendable (FakePixelFlow, _ auth: StubService, _ api: StubService) async throws -> Void
    ) async throws {
        let auth = try await StubService.start(stalling: { stallingRows && $0.path == "/operator/archive/rows" }) { call in
            switch (call.method, call.path) {
            case ("GET", "/operator/archive"): (200, report("accounts"))
            case ("GET", "/operator/archive/rows"): (200, users + end + "\n")
            default: (204, "")
            }
        }
        let listing = Listing()
        let api = try await StubService.start { call in
            switch (call.method, call.path) {
            case ("GET", "/operator/archive"): (200, report("tasks in MongoDB"))
            case ("GET", "/operator/archive/rows"): (200, tasks + #"{"rows":1,"sha256":"\#(tasksDigest)"}"# + "\n")
            case ("GET", "/operator/archive/object?key=t%2F1%2Fsource"): (200, "PICTURE")
            case ("GET", "/operator/archive/objects?after=t%2F1%2Fsource"): next ?? (204, "")
            // They exist when the backup is made, but not yet when it is restored.
            case ("GET", _) where listing.isFirst:
                (200, #"{"objects":[{"key":"t/1/source"}]\#(next == nil ? "" : #","next_after":"t/1/source""#)}"#)
            case ("GET", _): (200, #"{"objects":[]}"#)
            default: (204, "")
            }
        }
        try await FakePixelFlow.run { pixelflow in
            pixelflow.setServiceSecret(TeamService.serviceSecret)
            for (name, port, service) in [("auth", 50_051, auth), ("api", 8_080, api)] {
                for pod in pixelflow.pods(of: name) {
                    pixelflow.cluster.expose(pod: pod, port: port, namespace: FakePixelFlow.namespace, localPort: service.port)
                }
            }
            try await body(pixelflow, auth, api)
        }
        await auth.stop()
        await api.stop()
    }
}
