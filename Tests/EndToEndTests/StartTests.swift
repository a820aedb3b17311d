import Foundation
import PixelFlowCore
import TestSupport
import Testing

extension EndToEnd {
    /// A process that cannot start prints the reason in one line.
    @Suite struct StartTests {
        @Test(arguments: [
            ("PIXELFLOW_API_PORT", "eighty"), ("PIXELFLOW_API_PORT", "70000"), ("PIXELFLOW_SHUTDOWN_GRACE", "-1"),
            ("PIXELFLOW_BROKER_URL", "kafka://localhost"), ("PIXELFLOW_BLOB_URL", "s3://bucket"),
            ("PIXELFLOW_TASK_DATABASE_URL", "tasks.sqlite"),
            ("PIXELFLOW_FETCH_ALLOW_NETWORKS", "10.0.0.0/99"), ("PIXELFLOW_AUTH_BCRYPT_COST", "99"), ("PIXELFLOW_MAX_PIXELS", "0"),
        ])
        func invalidSettingIsNamed(_ name: String, _ value: String) async throws {
            let service = try LiveService()
            let code = await service.spawnAndWait(adding: [name: value])
            #expect(code == 2)
            let lines = service.logText.split(separator: "\n")
            #expect(lines.count == 1, "\(service.logText)")
            #expect(lines.first?.contains(name) == true, "\(service.logText)")
        }

        @Test(arguments: [
            ("--jwks-url", "nonsense"), ("--task-database-url", "nonsense"), ("--uploads-per-user", "0"), ("--service-secret", "short"),
            ("--service-secret", ""), ("--auth-url", "nonsense"),
        ])
        func invalidSettingOfApiIsNamed(_ flag: String, _ value: String) async throws {
            let good = [
                "--task-database-url": "mongodb://127.0.0.1:1/x", "--broker-url": "kafka://127.0.0.1:1",
                "--blob-url": "s3://bucket?endpoint=http://127.0.0.1:1", "--s3-access-key": "key", "--s3-secret-key": "secret",
                "--service-secret": "a secret of thirty-two characters",
            ]
            let arguments = good.merging([flag: value]) { $1 }.flatMap { [$0, $1] }
            let failure = await #expect(throws: CommandError.self) {
                try await Command.output(Executable.path("pixelflow-api"), arguments)
            }
            let lines = failure?.outcome.errors.split(separator: "\n") ?? []
            let name = "PIXELFLOW_" + flag.dropFirst(2).uppercased().replacing("-", with: "_")
            // libmongoc may print its own warning first, if another process uses its counters.
            #expect(lines.last?.hasPrefix("pixelflow-api: \(name)") == true, "\(lines)")
        }

        @Test func aSecondProcessOnTheSameFolderIsRefused() async throws {
            try await LiveService.run { service in
                let ada = try await Person.signedIn(to: service)
                let before = service.logText.count
                let code = await service.spawnAndWait()
                #expect(code == 1)
                #expect(service.logText.dropFirst(before).contains("The folder \(service.data) is in use by another PixelFlow process."))
                #expect(try await ada.process(PNG.noise(width: 8, height: 8, seed: 1)).status == .completed)
            }
        }

        @Test func aSecondProcessWithTheSameDatabaseOrObjectsIsRefused() async throws {
            try await LiveService.run { service in
                let folder = try TemporaryFolder()
                for more in [
                    ["PIXELFLOW_TASK_DATABASE_URL": "sqlite:\(service.data)/tasks.sqlite"],
                    ["PIXELFLOW_BLOB_URL": "file:\(service.data)/blobs"],
                ] {
                    let before = service.logText.count
                    let code = await service.spawnAndWait(adding: more.merging(["PIXELFLOW_DATA_DIR": folder.path]) { $1 })
                    #expect(code == 1)
                    #expect(service.logText.dropFirst(before).contains("in use by another PixelFlow process."))
                }
            }
        }

        @Test func aPortInUseIsReported() async throws {
            try await LiveService.run { service in
                let other = try LiveService()
                let code = await other.spawnAndWait(adding: ["PIXELFLOW_API_PORT": "\(service.ports.api)"])
                #expect(code == 1)
                let last = try #require(other.logText.split(separator: "\n").last { !$0.hasPrefix("{") }, "\(other.logText)")
                #expect(last.contains("\(service.ports.api)") || last.lowercased().contains("address already in use"), "\(last)")
            }
        }

        @Test func tokensSurviveARestart() async throws {
            try await LiveService.run { service in
                let ada = try await Person.signedIn(to: service)
                let task = try await ada.process(PNG.noise(width: 8, height: 8, seed: 1))
                await service.kill()
                try await service.start()
                #expect(try await ada.task(task.id).status == .completed)
            }
        }
    }
}

extension LiveService {
    /// Starts another process with the service's settings and waits for its exit.
    fileprivate func spawnAndWait(adding more: [String: String] = [:]) async -> Int32? {
        guard let process = try? spawn(adding: more) else { return nil }
        return await process.waitForExit()
    }
}
