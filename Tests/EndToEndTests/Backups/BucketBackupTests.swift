import Foundation
import NIOCore
import PixelFlowClient
import PixelFlowS3
import TestSupport
import Testing
import WireFormats

/// The bucket for tests, and its keys.
private enum TestBucket {
    static let url = ProcessInfo.processInfo.environment["PIXELFLOW_TEST_S3_URL"]
    static let keys = ProcessInfo.processInfo.environment.filter { $0.key.hasPrefix("PIXELFLOW_S3_") }
}

extension EndToEnd {
    /// `pfctl backup` and `pfctl restore` with the all-in-one and a bucket.
    @Suite(.enabled(if: TestBucket.url != nil, "PIXELFLOW_TEST_S3_URL is not set: make stack-up prints it"))
    struct BucketBackupTests {
        @Test(.timeLimit(.minutes(4)))
        func restoreFromABucketMovesDataToAnotherInstallation() async throws {
            let home = try TemporaryFolder()
            // The folder for pfctl's temporary files.
            let work = home.path + "/work"
            try FileManager.default.createDirectory(atPath: work, withIntermediateDirectories: true)
            let environment = TestBucket.keys.merging(["TMPDIR": work]) { $1 }
            let bucket = try #require(TestBucket.url).replacing("?", with: "/backup-\(UUID().uuidString)/today?", maxReplacements: 1)
            let files = try S3Folder(url: bucket, environment: environment)
            let check = { try await Backup.pfctl(["backup", "--check", bucket, "-o", "json"], environment: environment) }
            let people = try await LiveService.run { service in
                let people = try await BackedUpPeople(in: service)
                let pfctl = Backup(service: service, secret: service.data + "/service-secret", environment: environment)
                let done = try await pfctl.run("backup", bucket)
                try #require(done.code == 0, "\(done.errors)")
                #expect(done.json?["bucket"]?.stringValue == "s3://\(files.bucket)/\(files.prefix)")
                try await goesOn(pfctl, bucket, files)
                return people
            }
            let whole = try await check()
            #expect(whole.code == 0, "\(whole.errors)")
            let copy = home.path + "/copy"
            try await self.copy(files, to: copy)
            let copied = try await Backup.pfctl(["backup", "--check", copy, "-o", "json"])
            #expect(copied.code == 0, "\(copied.errors)")
            #expect(copied.json?["id"] == whole.json?["id"])
            try await LiveService.run { service in
                let pfctl = Backup(service: service, secret: service.data + "/service-secret", environment: environment)
                let done = try await pfctl.run("restore", bucket)
                try #require(done.code == 0, "\(done.errors)")
                try await people.requireAll(in: service)
            }
            // The same length, but different contents.
            let tasks = try await text(files, "tasks.ndjson")
            try await write(files, "tasks.ndjson", tasks.dropLast(2) + "x\n")
            let changed = try await check()
            #expect(changed.code == 1)
            #expect(changed.errors.contains("/tasks.ndjson has changed since it was written"), "\(changed.errors)")
            #expect(try FileManager.default.contentsOfDirectory(atPath: work) == [])
        }

        /// If a backup was interrupted during the last object, continuing it reads only that object.
        private func goesOn(_ pfctl: Backup, _ bucket: String, _ files: S3Folder) async throws {
            let objects = try await text(files, "objects.ndjson")
            let last = try #require(objects.split(separator: "\n").last.flatMap { try? JSONValue(parsing: $0.utf8)["key"]?.stringValue })
            try await files.remove("manifest.json")
            try await write(files, "objects.part.ndjson", objects)
            try await files.remove("objects/\(last)")
            let done = try await pfctl.run("backup", bucket)
            try #require(done.code == 0, "\(done.errors)")
            #expect(done.json?["objects_read"] == 1)
            #expect(try await text(files, "objects.ndjson") == objects)
            #expect(try await !files.read("objects.part.ndjson") { _ in })
            let again = try await pfctl.run("backup", bucket)
            #expect(again.code == 1)
            #expect(again.errors.contains("contains a finished backup"), "\(again.errors)")
        }

        private func text(_ files: S3Folder, _ name: String) async throws -> String {
            var bytes = ByteBuffer()
            #expect(try await files.read(name) { bytes.writeImmutableBuffer($0) })
            return String(buffer: bytes)
        }

        private func write(_ files: S3Folder, _ name: String, _ text: String) async throws {
            try await files.write(
                name, of: text.utf8.count,
                from: AsyncThrowingStream { stream in
                    stream.yield(ByteBuffer(string: text))
                    stream.finish()
                })
        }

        private func copy(_ files: S3Folder, to folder: String) async throws {
            var names: [String] = []
            try await files.list { names += $0.map(\.name) }
            for name in names {
                let path = URL(fileURLWithPath: "\(folder)/\(name)")
                try FileManager.default.createDirectory(at: path.deletingLastPathComponent(), withIntermediateDirectories: true)
                var bytes = Data()
                #expect(try await files.read(name) { bytes.append(contentsOf: $0.readableBytesView) })
                try bytes.write(to: path)
            }
        }
    }
}
