import Foundation
import NIOCore
import PFCtl
import PixelFlowS3
import StubService
import Terminal
import TerminalTesting
import Testing
import WireFormats

/// The test bucket and its credentials.
private enum TestBucket {
    static let url = ProcessInfo.processInfo.environment["PIXELFLOW_TEST_S3_URL"]
    static let keys = ProcessInfo.processInfo.environment.filter { $0.key.hasPrefix("PIXELFLOW_S3_") }
}

/// Backups in the test bucket that the environment sets.
@Suite(.enabled(if: TestBucket.url != nil, "PIXELFLOW_TEST_S3_URL is not set: make stack-up prints it"))
struct BucketBackupTests {
    /// A prefix that no other test uses.
    private let address: String
    private let files: S3Folder

    init() throws {
        address = try #require(TestBucket.url).replacing("?", with: "/test-\(UUID().uuidString)?", maxReplacements: 1)
        files = try S3Folder(url: address, environment: TestBucket.keys)
    }

    @Test func backsUpToABucketAndRestoresFromIt() async throws {
        try await BackupTests.run { pixelflow, auth, api in
            let services = ["--auth-url", "http://127.0.0.1:\(auth.port)", "--api-url", "http://127.0.0.1:\(api.port)"]
            let environment = TestBucket.keys.merging(["PIXELFLOW_SERVICE_SECRET": TeamService.serviceSecret]) { $1 }
            let backup = await pixelflow.pfctl(["backup", address] + services, console: nil, environment: environment)
            #expect(backup.status == .ok, "\(backup.errors)")
            let names = try await self.names()
            #expect(names == ["accounts.ndjson", "manifest.json", "objects.ndjson", "objects/t/1/source", "tasks.ndjson"])
            let accounts = try await text("accounts.ndjson")
            #expect(accounts == BackupTests.users)
            let source = try await text("objects/t/1/source")
            #expect(source == "PICTURE")
            let restore = await pixelflow.pfctl(["restore", address] + services, console: nil, environment: environment)
            #expect(restore.status == .ok, "\(restore.errors)")
            #expect(auth.calls.first { $0.method == "POST" }?.body == BackupTests.users)
            #expect(api.calls.first { $0.path.contains("/object?") && $0.method == "PUT" }?.body == "PICTURE")
        }
    }

    @Test func keepsTheJournalOfAFailedBackup() async throws {
        try await BackupTests.run(next: (422, "")) { pixelflow, _, _ in
            let backup = await pixelflow.pfctl(["backup", address], console: nil, environment: TestBucket.keys)
            #expect(backup.status != .ok)
            let names = try await self.names()
            #expect(names == ["accounts.ndjson", "objects.part.ndjson", "objects/t/1/source", "tasks.ndjson"])
            let notes = try await text("objects.part.ndjson")
            #expect(notes.contains(#""key":"t/1/source""#))
        }
    }

    @Test func refusesAPrefixWithOtherFiles() async throws {
        try await BackupTests.run { pixelflow, _, _ in
            try await write("objects/t/1/source", "OLD")
            try await write("report.txt", "x")
            let backup = await pixelflow.pfctl(["backup", address], console: nil, environment: TestBucket.keys)
            #expect(backup.status == .failed)
            #expect(backup.errors.contains("is not empty and not an unfinished backup"), "\(backup.errors)")
        }
    }

    @Test func refusesTheBucketOfAnInstallation() async throws {
        try await BackupTests.run { pixelflow, _, _ in
            try await write(".installation", "x")
            for address in [address, address.replacing("?", with: "/backups/today?", maxReplacements: 1)] {
                let backup = await pixelflow.pfctl(["backup", address], console: nil, environment: TestBucket.keys)
                #expect(backup.status == .failed)
                #expect(backup.errors.contains("is in the bucket of an installation"), "\(backup.errors)")
            }
            let names = try await self.names()
            #expect(names == [".installation"])
        }
    }

    struct Mistake: Sendable, CustomTestStringConvertible {
        let text: String
        var keys = TestBucket.keys
        let replacement: @Sendable (String) -> String
        let status: Terminal.ExitStatus

        var testDescription: String { text }
    }

    @Test(arguments: [
        Mistake(
            text: "refuses the request (InvalidAccessKeyId)", keys: ["PIXELFLOW_S3_ACCESS_KEY": "a", "PIXELFLOW_S3_SECRET_KEY": "b"],
            replacement: { $0 }, status: .unreachable),
        Mistake(
            text: "there is no bucket",
            replacement: { $0.replacing("s3://", with: "s3://not-").replacing("&create_bucket=true", with: "") }, status: .failed),
        Mistake(
            text: "cannot be reached", replacement: { $0.replacing(/127\.0\.0\.1:[0-9]+/, with: "127.0.0.1:1") }, status: .unreachable),
        Mistake(text: "PIXELFLOW_S3_ACCESS_KEY is missing", keys: [:], replacement: { $0 }, status: .usage),
        Mistake(text: "unknown option endpont", replacement: { $0.replacing("endpoint", with: "endpont") }, status: .usage),
        Mistake(text: "it has no manifest.json", replacement: { $0 }, status: .failed),
    ])
    func reportsEachMistakeInOneLine(mistake: Mistake) async throws {
        let (output, errors) = (CapturedStream(), CapturedStream())
        let status = await CommandLineTool.run(
            ["backup", "--check", mistake.replacement(address)], console: Console(output: output, status: errors),
            environment: mistake.keys)
        #expect(status == mistake.status, "\(errors.text)")
        let lines = errors.text.split(separator: "\n").filter { $0.hasPrefix("error: ") }
        #expect(lines.count == 1 && lines[0].contains(mistake.text), "\(errors.text)")
    }

    private func names() async throws -> [String] {
        var names: [String] = []
        try await files.list { names += $0.map(\.name) }
        return names.sorted()
    }

    private func text(_ name: String) async throws -> String {
        var bytes = ByteBuffer()
        #expect(try await files.read(name) { bytes.writeImmutableBuffer($0) })
        return String(buffer: bytes)
    }

    private func write(_ name: String, _ text: String) async throws {
        let bytes = ByteBuffer(string: text)
        try await files.write(
            name, of: bytes.readableBytes,
            from: AsyncThrowingStream { stream in
                stream.yield(bytes)
                stream.finish()
            })
    }
}
