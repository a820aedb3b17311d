import Deadlines
import Foundation
import NIOCore
import PF
import PixelFlowClient
import Terminal
import TerminalTesting
import TestSupport
import Testing

extension EndToEnd {
    /// The client library and `pf` against the all-in-one executable.
    @Suite struct ClientTests {
        private static let email = "ada@example.org"
        private static let password = "correct horse battery staple"

        private static func web(_ service: LiveService) -> String { "http://127.0.0.1:\(service.ports.web)" }

        @Test func uploadsAndDownloadsAnImage() async throws {
            try await LiveService.run { service in
                let folder = try TemporaryFolder()
                let picture = folder.path + "/photo.png"
                try PNG.noise(width: 400, height: 300, seed: 1).write(to: URL(filePath: picture))
                let services = Endpoints(auth: "http://127.0.0.1:\(service.ports.auth)", api: "http://127.0.0.1:\(service.ports.api)")
                // Directly to the services, and through web.
                let visitor = PixelFlowClient(services)
                #expect(try await visitor.registration() == "open")
                let account = try await visitor.register(email: Self.email, password: Self.password)
                let login = try await PixelFlowClient(Endpoints(web: Self.web(service))).logIn(email: Self.email, password: Self.password)
                for endpoints in [services, Endpoints(web: Self.web(service))] {
                    let client = PixelFlowClient(endpoints, token: login.token)
                    #expect(try await client.validate().userID == account.id)
                    let task = try await client.upload(Upload(.file(picture), .preset("web")))
                    let done = try await client.wait(for: task.id, within: .seconds(60))
                    #expect(done.status == .completed)
                    for output in done.outputs { try await client.save(output, ofTask: done.id, to: "\(folder.path)/\(output.fileName)") }
                    let small = try #require(done.outputs.first { $0.name == "small" })
                    #expect(try await FileDigest.sha256(ofFile: folder.path + "/small.webp") == small.sha256)
                    let part = try await client.output("small", ofTask: done.id, range: ByteRange(first: 2, last: 5))
                    #expect(part.isPartial)
                    #expect(part.offset == 2)
                    try await client.saveSource(ofTask: done.id, to: folder.path + "/source")
                    #expect(try Data(contentsOf: URL(filePath: folder.path + "/source")) == Data(contentsOf: URL(filePath: picture)))
                }
                try await Self.useEverythingElse(of: PixelFlowClient(Endpoints(web: Self.web(service)), token: login.token))
            }
        }

        private static func useEverythingElse(of client: PixelFlowClient) async throws {
            let bytes = ByteBuffer(bytes: PNG.noise(width: 40, height: 30, seed: 2))
            let upload = Upload(.bytes(bytes), fileName: "ü.png", idempotencyKey: "one")
            let first = try await client.upload(upload)
            #expect(try await client.upload(upload).id == first.id)
            #expect(try await client.wait(for: first.id, within: .seconds(60)).source == "ü.png")
            var ids: [String] = []
            // bounded: by the time-out of each request; there are three tasks.
            for try await task in client.tasks(TaskQuery(pageSize: 1)) { ids.append(task.id) }
            #expect(ids.count == 3)
            #expect(ids.first == first.id)
            #expect(try await client.statistics()["counts"]?["COMPLETED"] == 3)
            let web = try await client.preset("web").pipeline
            #expect(try await client.putPreset("mine", pipeline: web).name == "mine")
            #expect(try await client.presets().contains { $0.name == "mine" })
            try await client.deletePreset("mine")
            #expect(try await client.check(pipeline: web).isValid)
            #expect(try await client.check(pipeline: ["outputs": []]).field != nil)
            #expect(try await client.pipelineSchema()["operations"]?.arrayValue?.isEmpty == false)
            #expect(try await #require(throws: Problem.self) { try await client.replay(first.id) }.code == "task_not_failed")
            #expect(try await #require(throws: Problem.self) { try await client.cancel(first.id) }.code == "task_is_final")
            try await client.delete(first.id)
            #expect(try await #require(throws: Problem.self) { try await client.task(first.id) }.status == 404)
        }

        /// The lines of the README with the addresses of this test, to prove that they work.
        @Test func readmeExampleUploadsAndDownloads() async throws {
            try await LiveService.run { service in
                _ = try await Person.signedIn(to: service, as: "ada@example.com", password: "correct horse")
                let (url, folder) = (Self.web(service), try TemporaryFolder())
                let sample = Self.root + "docs/sample.jpg"
                let results = folder.path + "/"
                // README
                let server = PixelFlowClient(Endpoints(web: url))
                let login = try await server.logIn(email: "ada@example.com", password: "correct horse")
                let client = server.authenticated(with: login.token)
                let task = try await client.upload(Upload(.file(sample), .preset("web")))
                let done = try await client.wait(for: task.id)
                for output in done.outputs {
                    try await client.save(output, ofTask: done.id, to: results + output.fileName)
                }
                // README ends
                #expect(
                    try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == [
                        "fallback.jpg", "large.webp", "small.webp",
                    ])
            }
            let source = try String(contentsOfFile: #filePath, encoding: .utf8)
            let lines = try #require(
                source.components(separatedBy: "// README\n").dropFirst().first?.components(separatedBy: "// README ends").first)
            let shown = lines.replacing("web: url", with: "web: \"http://localhost:3000\"").replacing(
                "file(sample)", with: "file(\"docs/sample.jpg\")"
            )
            .replacing("results + ", with: "").replacing("\n                ", with: "\n")
            let readme = try String(contentsOfFile: Self.root + "README.md", encoding: .utf8)
            #expect(readme.contains("import PixelFlowClient\n\n" + shown.trimmingCharacters(in: .whitespacesAndNewlines) + "\n```"))
        }

        private static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardized.path + "/"

        // MARK: pf

        private struct Shell {
            let environment: [String: String]

            func pf(_ arguments: String...) async -> Outcome {
                let (output, errors) = (CapturedStream(), CapturedStream())
                let status = await UserCommandLine.run(
                    arguments, console: Console(output: output, status: errors), environment: environment)
                return Outcome(status: status, output: output.text, errors: errors.text)
            }
        }

        @Test func pfUploadsNothingTwice() async throws {
            try await LiveService.run { service in
                let folder = try TemporaryFolder()
                let (a, b) = (folder.path + "/a.png", folder.path + "/b.png")
                try PNG.noise(width: 40, height: 30, seed: 1).write(to: URL(filePath: a))
                try PNG.noise(width: 40, height: 30, seed: 2).write(to: URL(filePath: b))
                _ = try await Person.signedIn(to: service, as: Self.email)
                let shell = Shell(environment: ["HOME": folder.path, "PIXELFLOW_PASSWORD": Self.password])
                #expect(await shell.pf("tasks", "ls").status == .usage)
                let login = await shell.pf("login", Self.web(service), "--email", Self.email)
                #expect(login.status == .ok, "\(login.errors)")
                let store = folder.path + "/.config/pixelflow/logins.json"
                #expect(try FileManager.default.attributesOfItem(atPath: store)[.posixPermissions] as? Int == 0o600)

                let results = folder.path + "/results"
                let first = await shell.pf("upload", a, b, "--preset", "web", "--output", results)
                #expect(first.status == .ok, "\(first.errors)")
                #expect(first.errors.contains("\(a): COMPLETED\n"))
                let names = ["a-fallback.jpg", "a-large.webp", "a-small.webp", "b-fallback.jpg", "b-large.webp", "b-small.webp"]
                #expect(try FileManager.default.contentsOfDirectory(atPath: results).sorted() == names)

                try FileManager.default.removeItem(atPath: results + "/b-small.webp")
                let second = await shell.pf("upload", a, b, "--preset", "web", "--output", results, "-o", "json")
                let data = try JSONValue(parsing: second.output)
                let uploads = try #require(data["uploads"]?.arrayValue)
                #expect(uploads.map { $0["uploaded"] } == [false, false])
                let saved = uploads.flatMap { $0["files"]?.arrayValue ?? [] }.filter { $0["downloaded"] == true }
                #expect(saved.map { $0["path"] } == [.string(results + "/b-small.webp")])

                let id = try #require(uploads[0]["task"]?["id"]?.stringValue)
                #expect(await shell.pf("tasks", "show", id).output.contains("status:   COMPLETED\n"))
                let cancelled = await shell.pf("tasks", "cancel", id)
                #expect(cancelled.status == .failed)
                #expect(cancelled.errors.contains("task_is_final"))
                #expect(await shell.pf("events", "--after", "1-x-1", "--limit", "1", "-o", "json").output.contains("\"event\":\"task\""))
                #expect(await shell.pf("tasks", "rm", id).output == "task/\(id) deleted\n")
                let list = await shell.pf("tasks", "ls", "-o", "name").output
                #expect(list.split(separator: "\n").count == 1)
                #expect(await shell.pf("upload", folder.path + "/c.png").errors.contains("c.png: No such file or directory\n"))
                #expect(await shell.pf("logout").status == .ok)
                #expect(await shell.pf("tasks", "ls", "--server", Self.web(service)).status == .unreachable)
            }
        }
    }
}
