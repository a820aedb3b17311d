import Foundation
import KubernetesClient
import TestSupport
import Testing
import WireFormats

struct KubeconfigEditingTests {
    private static let text = """
        # mine
        current-context: a   # for now
        clusters: [{name: c, cluster: {server: "https://c", proxy-url: "http://me:pass1@p:1"}}]
        contexts:
        - {name: a, context: {cluster: c, user: u}}
        - {name: "b:1", context: {cluster: c, user: u}}
        users: [{name: u, user: {token: secret1, username: me, password: secret2, client-key-data: c2VjcmV0,
          exec: {command: login, args: [secret3], env: [{name: A, value: secret4}]}}}]

        """

    @Test func changesOneLineOnly() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("config", Self.text)
        var config = try Kubeconfig.load(explicit: file, environment: [:])
        let changed = try config.useContext("b:1")
        #expect(changed == file)
        #expect(config.currentContext == "b:1")
        #expect(folder.read("config") == Self.text.replacing("current-context: a   # for now", with: "current-context: \"b:1\""))
    }

    /// Of a process with the same id that was ended in between.
    @Test func aDraftThatWasLeftBehindIsNotInTheWay() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("config", Self.text)
        let draft = "config.\(ProcessInfo.processInfo.processIdentifier).new"
        _ = try folder.write(draft, "half")
        var config = try Kubeconfig.load(explicit: file, environment: [:])
        try config.useContext("b:1")
        #expect(folder.read("config")?.contains("current-context: \"b:1\"") == true)
        #expect(folder.read(draft) == nil)
    }

    @Test func writesToTheFirstFileByDefault() throws {
        let folder = try TemporaryFolder()
        let first = try folder.write("1", "clusters: [{name: c, cluster: {server: 'https://c'}}]")
        let second = try folder.write("2", "contexts: [{name: a, context: {cluster: c}}]\n")
        var config = try Kubeconfig.load(environment: ["KUBECONFIG": "\(first):\(second)"])
        let changed = try config.useContext("a")
        #expect(changed == first)
        #expect(folder.read("1")?.hasSuffix("\ncurrent-context: \"a\"\n") == true)
    }

    @Test func refusesMissingEntries() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("config", Self.text)
        var config = try Kubeconfig.load(explicit: file, environment: [:])
        #expect(throws: KubernetesError.self) { try config.useContext("nope") }
        #expect(folder.read("config") == Self.text)
    }

    @Test func showsNoSecrets() throws {
        let view = try Kubeconfig(parsing: Array(Self.text.utf8), file: "/k").redacted().text()
        for secret in ["secret1", "secret2", "secret3", "secret4", "c2VjcmV0", "pass1"] {
            #expect(!view.contains(secret))
        }
        #expect(view.contains("\"token\":\"REDACTED\""))
        #expect(view.contains("\"current-context\":\"a\""))
    }
}
