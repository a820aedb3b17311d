import Deadlines
import Foundation
import Glibc
import StubService
import TestSupport
import Testing

/// What the real executables leave behind when someone interrupts them.
@Suite struct InterruptionTests {
    /// Built together with the tests.
    static func executable(_ name: String) -> String {
        let bundle = Bundle.allBundles.map(\.bundleURL).first { $0.pathExtension == "xctest" } ?? Bundle.main.bundleURL
        let beside = bundle.deletingLastPathComponent().appending(path: name).path
        return FileManager.default.isExecutableFile(atPath: beside)
            ? beside : URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(path: name).path
    }

    private static func names(in folder: String) -> [String] {
        FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String }.sorted() ?? []
    }

    /// Sends a signal and awaits the end.
    private static func end(_ process: RunningProcess, by signal: Int32) async throws -> Int32 {
        process.signal(signal)
        return try await within(.testDeadline, "the command to end") { await process.waitForExit() }
    }

    private static let task = """
        {"id":"t1","status":"COMPLETED","created_at":"2026-05-01T11:20:00Z","attempts":1,"progress":1,
        "outputs":[{"name":"small","status":"COMPLETED","format":"webp","width":1,"height":1,"bytes":9}]}
        """

    @Test(arguments: [(SIGINT, 130), (SIGTERM, 143)] as [(Int32, Int32)])
    func removesTheDraftOfADownload(signal: Int32, status: Int32) async throws {
        let service = try await StubService.start(stalling: { $0.path.contains("/outputs/") }) { call in
            (200, call.path.contains("/outputs/") ? "the half" : Self.task)
        }
        try await TemporaryFolder.with { folder in
            let environment = ["HOME": folder, "PIXELFLOW_URL": "http://127.0.0.1:\(service.port)", "PIXELFLOW_TOKEN": "good"]
            let process = try RunningProcess(
                Self.executable("pf"), ["outputs", "get", "t1", "--output", folder + "/out"], environment: environment,
                errors: folder + "/errors")
            try await eventually("a draft") { Self.names(in: folder + "/out").contains { $0.hasSuffix(".part") } }
            let ended = try await Self.end(process, by: signal)
            #expect(ended == status)
            #expect(Self.names(in: folder + "/out") == [])
            let errors = try String(contentsOfFile: folder + "/errors", encoding: .utf8)
            #expect(errors == "error: interrupted\n")
        }
        await service.stop()
    }

    /// The rows of accounts contain addresses and password hashes.
    @Test func removesTheTemporaryFolderOfABackup() async throws {
        // An empty bucket.
        let bucket = try await StubService.start { call in
            guard call.path.contains("list-type") else { return (404, "") }
            return (200, "<ListBucketResult><Name>backups</Name><KeyCount>0</KeyCount><IsTruncated>false</IsTruncated></ListBucketResult>")
        }
        try await BackupTests.run(stallingRows: true) { _, auth, api in
            try await TemporaryFolder.with { folder in
                let environment = [
                    "HOME": folder, "TMPDIR": folder, "PIXELFLOW_SERVICE_SECRET": TeamService.serviceSecret,
                    "PIXELFLOW_S3_ACCESS_KEY": "test", "PIXELFLOW_S3_SECRET_KEY": "secret",
                ]
                let arguments = [
                    "backup", "s3://backups/today?endpoint=http://127.0.0.1:\(bucket.port)&region=us-east-1", "--auth-url",
                    "http://127.0.0.1:\(auth.port)", "--api-url", "http://127.0.0.1:\(api.port)",
                ]
                let process = try RunningProcess(
                    Self.executable("pfctl"), arguments, environment: environment, errors: folder + "/errors")
                try await eventually("a draft") {
                    if !process.isRunning { Issue.record("\(try String(contentsOfFile: folder + "/errors", encoding: .utf8))") }
                    return !process.isRunning || Self.names(in: folder).contains { $0.hasSuffix(".part") }
                }
                let ended = try await Self.end(process, by: SIGINT)
                #expect(ended == 130)
                #expect(Self.names(in: folder) == ["errors"])
            }
        }
        await bucket.stop()
    }

    @Test(arguments: [("pf", ["http://127.0.0.1:9"]), ("pfctl", [])] as [(String, [String])])
    func turnsTheEchoOnAgain(name: String, url: [String]) async throws {
        let terminal = open("/dev/ptmx", O_RDWR | O_NOCTTY)
        defer { close(terminal) }
        // The functions of POSIX for this are not in the module Glibc.
        let (unlock, readNumber) = (UInt(0x4004_5431), UInt(0x8004_5430))
        var (locked, number): (Int32, Int32) = (0, 0)
        try #require(terminal >= 0 && ioctl(terminal, unlock, &locked) == 0 && ioctl(terminal, readNumber, &number) == 0)
        let input = "/dev/pts/\(number)"
        // Keeps the terminal open after the command has ended.
        let other = open(input, O_RDWR | O_NOCTTY)
        defer { close(other) }
        func echoes() -> Bool {
            var settings = termios()
            return tcgetattr(other, &settings) == 0 && settings.c_lflag & tcflag_t(ECHO) != 0
        }
        #expect(echoes())
        try await TemporaryFolder.with { folder in
            let configuration = """
                {"apiVersion":"v1","kind":"Config","current-context":"c","contexts":[{"name":"c","context":{"cluster":"c","user":"u"}}],
                "clusters":[{"name":"c","cluster":{"server":"http://127.0.0.1:9"}}],"users":[{"name":"u","user":{}}]}
                """
            try Data(configuration.utf8).write(to: URL(filePath: folder + "/kubeconfig"))
            let process = try RunningProcess(
                Self.executable(name), ["login"] + url + ["--email", "ada@example.com"],
                environment: ["HOME": folder, "KUBECONFIG": folder + "/kubeconfig"], input: input)
            try await eventually("the echo to be off") { !echoes() }
            let ended = try await Self.end(process, by: SIGINT)
            #expect(ended == 130)
            #expect(echoes())
        }
    }

    /// The command waits for a line that never comes, and the pipe has no echo to restore.
    @Test func endsWhileItWaitsForAPipe() async throws {
        try await TemporaryFolder.with { folder in
            let pipe = folder + "/pipe"
            try #require(mkfifo(pipe, 0o600) == 0)
            // Opened first for both directions, because opening it for reading alone waits for a writer.
            let writer = open(pipe, O_RDWR)
            defer { close(writer) }
            let process = try RunningProcess(
                Self.executable("pf"), ["login", "http://127.0.0.1:9", "--email", "ada@example.com"], environment: ["HOME": folder],
                input: pipe)
            try await eventually("the handler to be there") {
                let status = try String(contentsOfFile: "/proc/\(process.pid)/status", encoding: .utf8)
                let caught = status.split(separator: "\n").first { $0.hasPrefix("SigCgt:") }.map { $0.split(separator: "\t")[1] }
                return caught.flatMap { UInt64($0, radix: 16) }.map { $0 & (1 << UInt64(SIGTERM - 1)) != 0 } ?? false
            }
            let ended = try await Self.end(process, by: SIGTERM)
            #expect(ended == 143)
        }
    }
}
