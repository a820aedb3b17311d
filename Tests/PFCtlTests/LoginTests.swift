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
    private static let auth: StubService.Answer = { call in
        guard call.method == "POST", call.path == "/login", let json = try? JSONValue(parsing: Array(call.body.utf8)),
            json["email"] == "ada@example.com", json["password"] == "open sesame"
        else { return (401, #"{"detail":"Address or password is wrong.","code":"credentials_invalid"}"#) }
        return (200, #"{"token":"good","token_type":"Bearer","expires_in":3600}"#)
    }

    private static func run(_ body: @Sendable (FakePixelFlow, [String: String]) async throws -> Void) async throws {
        try await StubService.run("auth", port: 50_051, auth) { stand, _ in
            let api = try await StubService.start { ($0.authorization == "Bearer good" ? 200 : 401, #"{"tasks":[]}"#) }
            for pod in stand.pods(of: "api") {
                stand.cluster.expose(pod: pod, port: 8_080, namespace: FakePixelFlow.namespace, localPort: api.port)
            }
            try await body(stand, ["XDG_CONFIG_HOME": stand.folder + "/config", "PFCTL_PASSWORD": "open sesame"])
        }
    }

    @Test func keepsATokenForLater() async throws {
        try await Self.run { stand, environment in
            let outcome = await stand.pfctl("login", "--email", "ada@example.com", environment: environment)
            #expect(outcome.status == .ok, "\(outcome.errors)")
            #expect(outcome.output == "logged in as ada@example.com to kind-pixelflow/pixelflow for 60m\n")
            let file = stand.folder + "/config/pfctl/tokens.json"
            let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
            #expect(mode == 0o600)
            #expect(await stand.pfctl("tasks", "ls", environment: environment).status == .ok)
            let later = FakePixelFlow.now.advanced(by: .seconds(3_601))
            let late = await stand.pfctl("tasks", "ls", environment: environment, clock: later)
            #expect(late.status == .unreachable)
            #expect(late.errors.contains("the login of ada@example.com has expired"))
            #expect(await stand.pfctl("tasks", "ls", "-n", "other", environment: environment).errors.contains("needs a login"))
        }
    }

    /// Auth whose tokens last an hour and whose refresh tokens are good once.
    @Test func renewsATokenThatIsAboutToExpire() async throws {
        let spent = Mutex<[String]>([])
        let auth: StubService.Answer = { call in
            let json = try? JSONValue(parsing: Array(call.body.utf8))
            if call.path == "/login" { return (200, #"{"token":"t0","refresh_token":"r0","token_type":"Bearer","expires_in":3600}"#) }
            guard call.path == "/token", let sent = json?["refresh_token"]?.stringValue, let number = Int(sent.dropFirst()), number < 2
            else {
                return (401, #"{"detail":"The session has ended.","code":"refresh_token_invalid"}"#)
            }
            spent.withLock { $0.append(sent) }
            return (200, #"{"token":"t\#(number + 1)","refresh_token":"r\#(number + 1)","token_type":"Bearer","expires_in":3600}"#)
        }
        try await StubService.run("auth", port: 50_051, auth) { stand, _ in
            let seen = Mutex<[String]>([])
            let api = try await StubService.start { call in
                seen.withLock { $0.append(call.authorization ?? "") }
                return (200, #"{"tasks":[]}"#)
            }
            for pod in stand.pods(of: "api") {
                stand.cluster.expose(pod: pod, port: 8_080, namespace: FakePixelFlow.namespace, localPort: api.port)
            }
            let environment = ["XDG_CONFIG_HOME": stand.folder + "/config", "PFCTL_PASSWORD": "open sesame"]
            #expect(await stand.pfctl("login", "--email", "ada@example.com", environment: environment).status == .ok)
            // The second is good from the first renewal on; the last one is refused by auth.
            for (seconds, status) in [(3_000, ExitStatus.ok), (3_550, .ok), (7_000, .ok), (7_200, .ok), (10_900, .unreachable)] {
                let outcome = await stand.pfctl(
                    "tasks", "ls", environment: environment, clock: FakePixelFlow.now.advanced(by: .seconds(seconds)))
                #expect(outcome.status == status, "\(seconds): \(outcome.errors)")
                if status != .ok { #expect(outcome.errors.contains("the login of ada@example.com has ended")) }
            }
            #expect(seen.withLock(\.self) == ["Bearer t0", "Bearer t1", "Bearer t1", "Bearer t2"])
            #expect(spent.withLock(\.self) == ["r0", "r1"])
        }
    }

    @Test func forgetsATokenAgain() async throws {
        try await Self.run { stand, environment in
            #expect(await stand.pfctl("logout", environment: environment).output == "no one was logged in to kind-pixelflow/pixelflow\n")
            #expect(await stand.pfctl("login", "--email", "ada@example.com", environment: environment).status == .ok)
            let dry = await stand.pfctl("logout", "--dry-run", "client", environment: environment)
            #expect(dry.output == "ada@example.com is logged out of kind-pixelflow/pixelflow (dry run)\n")
            #expect(await stand.pfctl("tasks", "ls", environment: environment).status == .ok)
            #expect(await stand.pfctl("logout", environment: environment).status == .ok)
            #expect(await stand.pfctl("tasks", "ls", environment: environment).status == .unreachable)
        }
    }

    @Test func keepsNothingOfAWrongPasswordOrADryRun() async throws {
        try await Self.run { stand, environment in
            let wrong = await stand.pfctl(
                "login", "--email", "ada@example.com", environment: environment.merging(["PFCTL_PASSWORD": "guess"]) { $1 })
            #expect(wrong.status == .unreachable)
            #expect(wrong.errors.contains("Address or password is wrong. (credentials_invalid)"))
            #expect(!wrong.errors.contains("guess"))
            let dry = await stand.pfctl("login", "--email", "ada@example.com", "--dry-run", "server", environment: environment)
            #expect(dry.status == .ok)
            #expect(!FileManager.default.fileExists(atPath: stand.folder + "/config/pfctl/tokens.json"))
        }
    }
}
