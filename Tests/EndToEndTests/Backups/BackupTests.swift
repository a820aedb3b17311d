import Foundation
import NIOHTTP1
import PixelFlowClient
import PixelFlowCore
import TestSupport
import Testing
import WireFormats

extension EndToEnd {
    /// `pfctl backup` and `pfctl restore` with the all-in-one.
    @Suite struct BackupTests {
        @Test(.timeLimit(.minutes(4)))
        func restoreMovesDataToAnotherInstallation() async throws {
            let home = try TemporaryFolder()
            let folder = home.path + "/backup"
            let people = try await LiveService.run { service in
                let people = try await BackedUpPeople(in: service)
                let pfctl = Backup(service: service, secret: service.data + "/service-secret")
                let estimate = try await pfctl.run("backup", folder, "--dry-run")
                #expect(estimate.code == 0, "\(estimate.errors)")
                #expect(!FileManager.default.fileExists(atPath: folder))
                let done = try await pfctl.run("backup", folder)
                try #require(done.code == 0, "\(done.errors)")
                #expect(estimate.json?["objects"]?["bytes"] == done.json?["objects"]?["bytes"])
                #expect(estimate.json?["objects"]?["count"] == done.json?["objects"]?["count"])
                #expect(estimate.json?["accounts"]?["rows"] == done.json?["accounts"]?["rows"])
                #expect(try mode(folder) == 0o700)
                for file in ["manifest.json", "accounts.ndjson", "tasks.ndjson", "objects.ndjson"] {
                    #expect(try mode("\(folder)/\(file)") == 0o600, "\(file)")
                }
                try await refuses(pfctl, into: folder, service)
                try await goesOn(pfctl, from: folder, at: home.path + "/again")
                return people
            }
            try await LiveService.run { service in
                let pfctl = Backup(service: service, secret: service.data + "/service-secret")
                let rehearsal = try await pfctl.run("restore", folder, "--dry-run")
                #expect(rehearsal.code == 0, "\(rehearsal.errors)")
                let id = try #require(rehearsal.json?["id"]?.stringValue)
                // The state after an interrupted restore.
                let secret = try String(contentsOfFile: service.data + "/service-secret", encoding: .utf8)
                let operators = Person(service: service, token: secret.trimmingCharacters(in: .whitespacesAndNewlines))
                #expect(try await operators.auth(.PUT, "/operator/archive/restores/\(id)").status == 204)
                let done = try await pfctl.run("restore", folder)
                try #require(done.code == 0, "\(done.errors)")
                try await people.requireAll(in: service)
                let again = try await pfctl.run("restore", folder)
                #expect(again.code == 1)
                #expect(again.errors.contains("the installation already holds accounts"))
                service.terminate()
                #expect(try await service.waitForExit() == 0)
                try await service.start()
                let ada = try await Person(service: service).client.logIn(email: "ada@example.org", password: Person.password)
                #expect(try await Person(service: service, token: ada.token).client.list().count == 5)
            }
        }

        private func mode(_ path: String) throws -> Int? {
            try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        }

        /// Errors are one line and an exit code, and nothing has changed afterwards.
        private func refuses(_ pfctl: Backup, into folder: String, _ service: LiveService) async throws {
            func expect(_ result: Backup.Result, _ code: Int32, _ message: String, _ line: Int = #line) {
                let errors = result.errors.split(separator: "\n").filter { $0.hasPrefix("error: ") }
                let location = SourceLocation(fileID: #fileID, filePath: #filePath, line: line, column: 1)
                #expect(result.code == code, "\(result.errors)", sourceLocation: location)
                #expect(errors.count == 1 && errors[0].contains(message), "\(result.errors)", sourceLocation: location)
            }
            expect(try await pfctl.run("backup", folder), 1, "contains a finished backup")
            expect(try await pfctl.run("restore", folder), 1, "the installation already holds accounts")
            expect(try await pfctl.run("restore", folder + "-not"), 1, "is not a complete backup")
            expect(try await pfctl.run("backup", "/proc/backup"), 1, "/proc/backup cannot be created")
            let wrong = folder + "-secret"
            try String(repeating: "x", count: 40).write(toFile: wrong, atomically: true, encoding: .utf8)
            expect(try await Backup(service: service, secret: wrong).run("backup", folder + "-2"), 5, "token_invalid")
            if await SmallDisk.isPermitted {
                let small = folder + "-small"
                try FileManager.default.createDirectory(atPath: small, withIntermediateDirectories: true)
                let script = "mount -t tmpfs -o size=64k pixelflow-test '\(small)' && exec \"$0\" \"$@\""
                expect(try await pfctl.run("backup", small + "/backup", script: script), 1, "No space left on device")
            }
            let tasks = folder + "/tasks.ndjson"
            let before = try Data(contentsOf: URL(fileURLWithPath: tasks))
            // The same length, but different contents.
            try (before.dropLast(2) + Data("x\n".utf8)).write(to: URL(fileURLWithPath: tasks))
            expect(try await pfctl.run("restore", folder), 1, "tasks.ndjson has changed since it was written")
            expect(try await Backup.pfctl(["backup", "--check", folder]), 1, "tasks.ndjson has changed since it was written")
            try before.write(to: URL(fileURLWithPath: tasks))
            let manifest = folder + "/manifest.json"
            let text = try String(contentsOfFile: manifest, encoding: .utf8)
            // That of the tasks, which come last.
            let schema = try #require(text.matches(of: #/"schema": \d+/#).last).output
            for (old, new, message) in [
                ("tasks in SQLite", "tasks in MongoDB", "the backup contains tasks in MongoDB, but the installation uses tasks in SQLite"),
                (String(schema), "\"schema\": 99", "the backup is from the newer release"),
                ("\"format\": 1", "\"format\": 2", "format 2"),
            ] {
                #expect(text.contains(old))
                try text.replacing(old, with: new).write(toFile: manifest, atomically: true, encoding: .utf8)
                expect(try await pfctl.run("restore", folder), 1, message)
            }
            try text.write(toFile: manifest, atomically: true, encoding: .utf8)
            let whole = try await Backup.pfctl(["backup", "--check", folder])
            #expect(whole.code == 0, "\(whole.errors)")
        }

        /// If a backup was interrupted during the last object, continuing it reads only that object.
        private func goesOn(_ pfctl: Backup, from folder: String, at copy: String) async throws {
            let files = FileManager.default
            try files.copyItem(atPath: folder, toPath: copy)
            try files.removeItem(atPath: copy + "/manifest.json")
            let objects = try String(contentsOfFile: copy + "/objects.ndjson", encoding: .utf8)
            let last = try #require(objects.split(separator: "\n").last.flatMap { try? JSONValue(parsing: $0.utf8)["key"]?.stringValue })
            // Including the incomplete line of the interrupted object.
            try (objects + "{\"key\":").write(toFile: copy + "/objects.part.ndjson", atomically: true, encoding: .utf8)
            try files.removeItem(atPath: "\(copy)/objects/\(last)")
            let done = try await pfctl.run("backup", copy)
            try #require(done.code == 0, "\(done.errors)")
            #expect(done.json?["objects_read"] == 1)
            #expect(try String(contentsOfFile: copy + "/objects.ndjson", encoding: .utf8) == objects)
            let whole = try await Backup.pfctl(["backup", "--check", copy])
            #expect(whole.code == 0, "\(whole.errors)")
        }
    }
}
