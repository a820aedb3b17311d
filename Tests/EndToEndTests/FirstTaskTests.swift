import Foundation
import PixelFlowClient
import PixelFlowCore
import RawHTTP
import Testing

extension EndToEnd {
    /// The first steps of a new user, in every possible way.
    @Suite struct FirstTaskTests {
        @Test func allThreeKindsOfUploadProduceImages() async throws {
            try await LiveService.run { service in
                let ada = try await Person.signedIn(to: service)
                let photo = try await Pictures.make().saved(as: "photo.jpg[Q=80]")
                let body = try await ada.postBody(photo, type: "image/jpeg")
                let form = try await ada.postForm(photo, filename: "photo.jpg", type: "image/jpeg")
                for reply in [body, form] {
                    #expect(reply.status == 202)
                    let task = try await ada.final(reply.task().id)
                    #expect(task.status == .completed)
                    #expect(task.source?.width == 480)
                    #expect(task.source?.blurhash?.isEmpty == false)
                    let output = try #require(task.outputs.first)
                    let image = try await ada.download(output.name, of: task.id)
                    #expect(image.count == output.bytes)
                    #expect(image.sha256 == output.sha256)
                    #expect(try await Pictures.header("width", of: image) == "480")
                }
            }
        }

        @Test func fetchedURLProducesAnImage() async throws {
            let photo = try await Pictures.make().saved(as: "photo.png")
            try await SourceServer.run({ _ in .ok(photo) }) { server in
                try await LiveService.run([
                    "PIXELFLOW_FETCH_ALLOW_NETWORKS": "127.0.0.1/32", "PIXELFLOW_FETCH_ALLOW_PORTS": "\(server.port)",
                ]) { service in
                    let ada = try await Person.signedIn(to: service)
                    let task = try await ada.final(ada.upload(url: server.url("/photo.png")).id)
                    #expect(task.status == .completed)
                    #expect(task.source?.format == "png")
                    #expect(try await ada.client.source(ofTask: task.id.rawValue).data() == photo)
                }
            }
        }

        @Test(arguments: ["jpeg", "png", "webp", "avif", "gif", "tiff"])
        func everyFormatIsProduced(_ format: String) async throws {
            try await LiveService.run { service in
                let ada = try await Person.signedIn(to: service)
                let photo = try await Pictures.make().saved(as: "photo.jpg[Q=80]")
                let task = try await ada.process(
                    photo, pipeline: #"{"outputs":[{"name":"a","operations":[{"op":"resize","width":120}],"format":"\#(format)"}]}"#)
                #expect(task.status == .completed, "\(task.error?.code ?? "") \(task.outputs.first?.error?.code ?? "")")
                let image = try await ada.download("a", of: task.id)
                #expect(try await Pictures.header("width", of: image) == "120")
                #expect(try await Pictures.header("height", of: image) == "90")
            }
        }

        @Test func eventsReportEveryChange() async throws {
            try await LiveService.run { service in
                let ada = try await Person.signedIn(to: service)
                let bob = try await Person.signedIn(to: service, as: "bob@example.org")
                let photo = PNG.noise(width: 64, height: 64, seed: 1)
                async let hers = events(of: ada)
                let task = try await ada.process(photo)
                #expect(try await hers.map(\.id) == Array(repeating: task.id, count: hers.count))
                #expect(try await hers.last?.outputs.count == 1)
                // Bob's stream does not contain anything from before his own task.
                let own = try await bob.process(photo)
                #expect(try await Set(events(of: bob).map(\.id)) == [own.id])
            }
        }

        /// Reads from the start until a task is completed.
        private func events(of person: Person) async throws -> [TaskDocument] {
            var seen: [TaskDocument] = []
            try await person.events(after: "1-x-1") { event in
                seen.append(event.task)
                return event.task.status != .completed
            }
            return seen
        }
    }
}
