import Conformance
import Foundation
import NIOHTTP1
import PixelFlowClient
import PixelFlowCore
import Testing
import WireFormats

/// Users with data in an installation, which they must find again in another one.
struct BackedUpPeople {
    private struct Seen: Sendable {
        let task: ImageTask
        let source: Data
        let outputs: [String: Data]
    }

    private let seen: [Seen]
    private let team: String
    private let key: String
    private let token: String

    /// Creates the data in an installation.
    init(in service: any Installation) async throws {
        let ada = try await Person.signedIn(to: service)
        let bob = try await Person.signedIn(to: service, as: "bob@example.org")
        team = try #require(try await ada.auth(.POST, "/organisations", #"{"name":"Works"}"#).object()["id"] as? String)
        let invitation = try await ada.auth(.POST, "/organisations/\(team)/invitations", #"{"role":"member"}"#).object()
        let secret = try #require(invitation["token"] as? String)
        #expect(try await bob.auth(.POST, "/invitations/accept", #"{"token":"\#(secret)"}"#).status == 200)
        let made = try await ada.auth(.POST, "/keys", #"{"name":"site","scopes":["tasks:read","outputs:read"]}"#).object()
        key = try #require(made["key"] as? String)
        token = try #require(ada.token)
        _ = try await ada.client.putPreset(
            "shop",
            pipeline: try JSONValue(parsing: #"{"outputs":[{"name":"a","operations":[{"op":"resize","width":40}],"format":"png"}]}"#))
        var seen: [Seen] = []
        // Small ones, and one that the all-in-one stores as a file.
        for (number, width) in [16, 64, 400].enumerated() {
            let image = PNG.noise(width: width, height: width, seed: UInt64(number))
            let task = try await ada.process(image)
            #expect(task.status == .completed)
            var outputs: [String: Data] = [:]
            for output in task.outputs { outputs[output.name] = try await ada.download(output.name, of: task.id) }
            seen.append(Seen(task: try await ada.client.task(task.id.rawValue), source: image, outputs: outputs))
        }
        let failed = try await ada.process(Data("no image".utf8))
        #expect(failed.status == .failed)
        self.seen = seen
    }

    /// Checks everything in the installation into which it was restored.
    func requireAll(in service: any Installation) async throws {
        let visitor = Person(service: service)
        let ada = Person(service: service, token: try await visitor.client.logIn(email: "ada@example.org", password: Person.password).token)
        let program = Person(service: service, token: key)
        // A service that has just requested auth's keys does not repeat the request immediately.
        try await eventually(within: .seconds(20), "the api to know the keys of the backup") {
            (try? await ada.client.list()) == nil ? nil : ()
        }
        for person in [ada, program] {
            #expect(try await person.client.list().count == seen.count + 1)
            for seen in seen {
                #expect(try await person.client.task(seen.task.id) == seen.task)
                #expect(try await person.client.source(ofTask: seen.task.id).data() == seen.source)
                for (name, bytes) in seen.outputs { #expect(try await person.client.output(name, ofTask: seen.task.id).data() == bytes) }
            }
        }
        // An earlier session, whose token was signed with an earlier key.
        #expect(try await Person(service: service, token: token).client.list().count == seen.count + 1)
        #expect(try await ada.client.presets().contains { $0.name == "shop" })
        let bob = Person(service: service, token: try await visitor.client.logIn(email: "bob@example.org", password: Person.password).token)
        #expect(try await bob.auth(.POST, "/token", #"{"organisation":"\#(team)"}"#).status == 200)
        let refusal = await #expect(throws: Problem.self) { try await visitor.client.logIn(email: "bob@example.org", password: "wrong") }
        #expect(refusal?.status == 401)
        // The installation is usable.
        #expect(try await ada.process(PNG.noise(width: 32, height: 32, seed: 9)).status == .completed)
        #expect(try await ada.client.list().count == seen.count + 2)
    }
}
