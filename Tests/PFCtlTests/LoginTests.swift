import FakeKubernetes
import Foundation
import KubernetesClient
import PFCtl
import StubService
import Synchronization
import Terminal
import TerminalTesting
import Testing
import WireFormats

@Suite struct LoginTests {
    private static let auth: StubService.Responder = { call in
        if call.path == "/logout" { return call.authorization == "Bearer good" ? (204, "") : (401, #"{"code":"token_invalid"}"#) }
        guard call.method == "POST", call.path == "/login", let json = try? JSONValue(parsing: Array(call.body.utf8)),
            json["email"] == "ada@example.com", json["password"] == "open sesame"
        else { return (401, #"{"detail":"Address or password is wrong.","code":"credentials_invalid"}"#) }
        return (200, #"{"token":"good","token_type":"Bearer","expires_in":3600}"#)
    }

    private static func run(_ body: @Sendable (FakePixelFlow, [String: String]) async throws -> Void) async throws {
        try await StubService.run("auth", port: 50_051, auth) { pixelflow, _ in
            let api = try await StubService.start { ($0.authorization == "Bearer good" ? 200 : 401, #"{"tasks":[]}"#) }
            for pod in pixelflow.pods(of: "api") {
                pixelflow.cluster.expose(pod: pod, port: 8_080, namespace: FakePixelFlow.namespace, localPort: api.port)
            }
            try await body(pixelflow, ["XDG_CONFIG_HOME": pixelflow.folder + "/config", "PFCTL_PASSWORD": "open sesame"])
        }
    }

    @Test func storesTheToken() async throws {
        try await Self.run { pixelflow, environment in
            let outcome = await pixelflow.pfctl("login", "--email", "ada@example.com", environment: environment)
            #expect(outcome.status == .ok, "\(outcome.errors)")
            #expect(outcome.output == "logged in as ada@example.com to kind-pixelflow/pixelflow for 60m\n")
            let file = pixelflow.folder + "/config/pfctl/tokens.json"
            let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
            #expect(mode == 0o600)
            // The format of the file, which earlier releases read as well.
            let stored = try JSONValue(parsing: Data(contentsOf: URL(filePath: file)))["kind-pixelflow/pixelflow"]
            #expect(stored?["expires"]?.stringValue == FakePixelFlow.now.advanced(by: .seconds(3_600)).text)
            #expect(stored?["email"] == "ada@example.com" && stored?["token"] == "good")
            #expect(await pixelflow.pfctl("tasks", "ls", environment: environment).status == .ok)
            let later = FakePixelFlow.now.advanced(by: .seconds(3_601))
            let late = await pixelflow.pfctl("tasks", "ls", environment: environment, clock: later)
            #expect(late.status == .unreachable)
            #expect(late.errors.contains("the login of ada@example.com has expired"))
            #expect(await pixelflow.pfctl("tasks", "ls", "-n", "other", environment: environment).errors.contains("needs a login"))
        }
    }

    /// The token that api currently accepts.
    private final class GoodToken: Sendable {
        let token: Mutex<String>

        init(_ token: String) { self.token = Mutex(token) }
    }

    /// An auth that issues three tokens, each for a refresh token that is valid once; api accepts the current one.
    private static func runRenewing(
        code: String, good: GoodToken, _ body: @Sendable (FakePixelFlow, [String: String]) async throws -> Void
    ) async throws {
        let spent = Mutex(0)
        let auth: StubService.Responder = { call in
            let json = try? JSONValue(parsing: Array(call.body.utf8))
            if call.path == "/login" { return (200, #"{"token":"t0","refresh_token":"r0","token_type":"Bearer","expires_in":3600}"#) }
            let next = spent.withLock { spent -> Int? in
                guard call.path == "/token", json?["refresh_token"]?.stringValue == "r\(spent)", spent < 2 else { return nil }
                spent += 1
                return spent
            }
            guard let next else { return (401, #"{"detail":"The session has ended.","code":"refresh_token_invalid"}"#) }
            return (200, #"{"token":"t\#(next)","refresh_token":"r\#(next)","token_type":"Bearer","expires_in":3600}"#)
        }
        try await StubService.run("auth", port: 50_051, auth) { pixelflow, _ in
            let api = try await StubService.start { call in
                guard call.authorization == "Bearer \(good.token.withLock { $0 })" else {
                    return (401, #"{"detail":"The token is no longer good.","code":"\#(code)"}"#)
                }
                return (200, #"{"tasks":[]}"#)
            }
            for pod in pixelflow.pods(of: "api") {
                pixelflow.cluster.expose(pod: pod, port: 8_080, namespace: FakePixelFlow.namespace, localPort: api.port)
            }
            let environment = ["XDG_CONFIG_HOME": pixelflow.folder + "/config", "PFCTL_PASSWORD": "open sesame"]
            #expect(await pixelflow.pfctl("login", "--email", "ada@example.com", environment: environment).status == .ok)
            try await body(pixelflow, environment)
        }
    }

    @Test(arguments: ["token_expired", "token_revoked"]) func renewsAnExpiredToken(code: String) async throws {
        let good = GoodToken("t0")
        try await Self.runRenewing(code: code, good: good) { pixelflow, environment in
            let steps: [(good: String, status: Terminal.ExitStatus)] = [
                ("t0", .ok), ("t1", .ok), ("t1", .ok), ("t2", .ok), ("t3", .unreachable),
            ]
            for step in steps {
                good.token.withLock { $0 = step.good }
                let outcome = await pixelflow.pfctl("tasks", "ls", environment: environment)
                #expect(outcome.status == step.status, "\(step.good): \(outcome.errors)")
                if step.status != .ok { #expect(outcome.errors.contains("the login of ada@example.com has ended")) }
            }
        }
    }

    @Test func aRejectionAfterRenewalIsFinal() async throws {
        let good = GoodToken("t1")
        try await Self.runRenewing(code: "token_invalid", good: good) { pixelflow, environment in
            let outcome = await pixelflow.pfctl("tasks", "ls", environment: environment)
            #expect(outcome.status == .unreachable)
            #expect(outcome.errors.contains("the service rejected the token"))
        }
    }

    @Test func logoutRemovesTheToken() async throws {
        try await Self.run { pixelflow, environment in
            #expect(
                await pixelflow.pfctl("logout", environment: environment).output == "no one was logged in to kind-pixelflow/pixelflow\n")
            #expect(await pixelflow.pfctl("login", "--email", "ada@example.com", environment: environment).status == .ok)
            let dry = await pixelflow.pfctl("logout", "--dry-run", "client", environment: environment)
            #expect(dry.output == "ada@example.com is logged out of kind-pixelflow/pixelflow (dry run)\n")
            #expect(await pixelflow.pfctl("tasks", "ls", environment: environment).status == .ok)
            #expect(await pixelflow.pfctl("logout", environment: environment).status == .ok)
            #expect(await pixelflow.pfctl("tasks", "ls", environment: environment).status == .unreachable)
        }
    }

    @Test func logoutEndsTheSession() async throws {
        try await StubService.run("auth", port: 50_051, Self.auth) { pixelflow, auth in
            let environment = ["XDG_CONFIG_HOME": pixelflow.folder + "/config", "PFCTL_PASSWORD": "open sesame"]
            #expect(await pixelflow.pfctl("login", "--email", "ada@example.com", environment: environment).status == .ok)
            #expect(await pixelflow.pfctl("logout", "--dry-run", "server", environment: environment).status == .ok)
            #expect(auth.lines == ["POST /login"])
            let outcome = await pixelflow.pfctl("logout", environment: environment)
            #expect(outcome.status == .ok)
            #expect(outcome.errors.isEmpty, "\(outcome.errors)")
            #expect(auth.lines == ["POST /login", "POST /logout"])
            #expect(auth.calls.last?.authorization == "Bearer good")
        }
    }

    @Test func logoutWarnsIfAuthCannotBeReached() async throws {
        try await Self.run { pixelflow, environment in
            #expect(await pixelflow.pfctl("login", "--email", "ada@example.com", environment: environment).status == .ok)
            pixelflow.cluster.deny(DenialRule(resource: "pods"))
            let outcome = await pixelflow.pfctl("logout", environment: environment)
            #expect(outcome.status == .ok)
            #expect(outcome.output == "ada@example.com is logged out of kind-pixelflow/pixelflow\n")
            #expect(outcome.errors.hasPrefix("warning: the session has not been ended: "), "\(outcome.errors)")
            #expect(await pixelflow.pfctl("tasks", "ls", environment: environment).errors.contains("needs a login"))
        }
    }

    @Test func keepsAFileThatItCannotDecode() async throws {
        try await Self.run { pixelflow, environment in
            let folder = pixelflow.folder + "/config/pfctl"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            let file = URL(filePath: folder + "/tokens.json")
            try Data("[".utf8).write(to: file)
            for arguments in [["login", "--email", "ada@example.com"], ["logout"], ["tasks", "ls"]] {
                let outcome = await pixelflow.pfctl(arguments, console: nil, environment: environment)
                #expect(outcome.status == .failed, "\(arguments)")
                #expect(outcome.errors.contains("tokens.json is damaged"), "\(outcome.errors)")
                let kept = try String(contentsOf: file, encoding: .utf8)
                #expect(kept == "[")
            }
        }
    }

    @Test func storesNothingAfterAWrongPasswordOrADryRun() async throws {
        try await Self.run { pixelflow, environment in
            let wrong = await pixelflow.pfctl(
                "login", "--email", "ada@example.com", environment: environment.merging(["PFCTL_PASSWORD": "guess"]) { $1 })
            #expect(wrong.status == .unreachable)
            #expect(wrong.errors.contains("Address or password is wrong. (credentials_invalid)"))
            #expect(!wrong.errors.contains("guess"))
            let dry = await pixelflow.pfctl("login", "--email", "ada@example.com", "--dry-run", "server", environment: environment)
            #expect(dry.status == .ok)
            #expect(!FileManager.default.fileExists(atPath: pixelflow.folder + "/config/pfctl/tokens.json"))
        }
    }
}
