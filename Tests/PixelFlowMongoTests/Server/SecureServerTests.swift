import Conformance
import Foundation
import Metrics
import PixelFlowCore
import TestSupport
import Testing

@testable import PixelFlowMongo

/// A server set up as in production: TLS, and no access without a password.
@Suite(.serialized, .enabled(if: SecureServer.isThere, SecureServer.absence), .timeLimit(.minutes(2)))
struct SecureServerTests {
    @Test func aTaskIsStoredOverTLSWithAPassword() async throws {
        try await SecureServer.with { server in
            let store = try server.store("pixelflow:right@", certificates: server.certificate)
            try await server.reached(store)
            let task = try await store.add()
            #expect(try await store.claim(task.id, by: Sample.worker)?.status == .processing)
        }
    }

    @Test func aWrongPasswordIsNamedAndNotShown() async throws {
        try await SecureServer.with { server in
            try await server.reached(try server.store("pixelflow:right@", certificates: server.certificate))
            for credentials in ["pixelflow:hush-hush@", "nobody:hush-hush@", ""] {
                let store = try server.store(credentials, certificates: server.certificate)
                let error = await #expect(throws: PixelFlowError.self) { _ = try await store.add() }
                #expect(error?.retry == .outage, "\(credentials)")
                if !credentials.isEmpty { #expect(error?.code == "task_database_refused", "\(credentials)") }
                #expect(error.map { "\($0)".contains("hush-hush") } == false)
            }
        }
    }

    @Test func anUntrustedServerReceivesNoCredentials() async throws {
        try await SecureServer.with { server in
            try await server.reached(try server.store("pixelflow:right@", certificates: server.certificate))
            let store = try server.store("pixelflow:right@", certificates: nil)
            let error = await #expect(throws: PixelFlowError.self) { try await store.check() }
            #expect(error?.code == "task_database_unavailable")
            #expect(error?.retry == .outage)
        }
    }
}

/// A server with TLS that knows the user `pixelflow`, whose password is `right`.
private struct SecureServer {
    static let executable = ProcessInfo.processInfo.environment["PIXELFLOW_TEST_MONGODB_SERVER"]
    static let tlsFolder = ProcessInfo.processInfo.environment["PIXELFLOW_TEST_TLS_FOLDER"]
    static let isThere = executable != nil && tlsFolder != nil
    static let absence: Comment =
        "needs PIXELFLOW_TEST_MONGODB_SERVER and PIXELFLOW_TEST_TLS_FOLDER, which `make stack-up` makes and prints"

    let certificate: String
    let process: ServerProcess

    static func with(_ body: (SecureServer) async throws -> Void) async throws {
        let folder = try #require(tlsFolder)
        try await ServerProcess.with(try #require(executable)) { process in
            let server = SecureServer(certificate: "\(folder)/certificate.pem", process: process)
            // Users are created while access control is still off.
            try server.start()
            let settings = server.settings("", database: "admin", server.certificate)
            let database = try MongoDatabase(settings, metrics: NOOPMetricsHandler.instance)
            _ = try await eventually(within: .seconds(30), "the user is made") {
                try? await database.run(
                    .prepare,
                    ["createUser": "pixelflow", "pwd": "right", "roles": [["role": "readWriteAnyDatabase", "db": "admin"]]])
            }
            try await process.stop()
            try server.start("--auth")
            try await body(server)
        }
    }

    private func start(_ more: String...) throws {
        let folder = try #require(Self.tlsFolder)
        try process.start { data in
            [
                "--host", "127.0.0.1", "--port", "\(process.port)", "--storage-path", data, "--log-level", "WARNING",
                "--tls-cert-file", "\(folder)/certificate.pem", "--tls-key-file", "\(folder)/key.pem",
            ] + more
        }
    }

    /// - Parameter credentials: in the form `user:password@`.
    func store(_ credentials: String, certificates: String?) throws -> MongoTaskStore {
        try MongoTaskStore(settings(credentials, database: "pixelflow", certificates))
    }

    private func settings(_ credentials: String, database: String, _ certificates: String?) -> MongoSettings {
        let trust = certificates.map { "&tlsCAFile=\($0)" } ?? ""
        let source = credentials.isEmpty ? "" : "&authSource=admin"
        var settings = MongoSettings(
            url: "mongodb://\(credentials)127.0.0.1:\(process.port)/\(database)?directConnection=true&tls=true\(trust)\(source)")
        settings.poolSize = 2
        return settings
    }

    func reached(_ store: MongoTaskStore) async throws {
        try await eventually(within: .seconds(30), "the server is reached") { try? await store.check() }
    }
}
