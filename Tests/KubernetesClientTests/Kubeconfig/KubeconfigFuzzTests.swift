import KubernetesClient
import TestSupport
import Testing

/// Reading any kubeconfig ends soon, with a configuration or an error.
struct KubeconfigFuzzTests {
    private static let seed = """
        apiVersion: v1
        kind: Config
        current-context: a
        clusters:
        - name: a
          cluster: {server: "https://a:6443", certificate-authority-data: aGVsbG8=, insecure-skip-tls-verify: false}
        contexts:
        - name: a
          context: {cluster: a, user: a, namespace: n}
        users:
        - name: a
          user:
            client-certificate-data: aGVsbG8=
            client-key-data: aGVsbG8=
            token: &t "secret"
            username: *t
            exec:
              apiVersion: client.authentication.k8s.io/v1
              command: login
              args: [a, b]
              env: [{name: A, value: b}]
              interactiveMode: Never
            as-user-extra: {scopes: [x]}
        """

    private static func read(_ bytes: [UInt8]) {
        _ = try? Kubeconfig(parsing: bytes, file: "/fuzz").configuration()
    }

    @Test(arguments: 0..<16)
    func mutatedFilesDoNotCrash(round: UInt64) async {
        var random = SeededGenerator(seed: round)
        let fragments = [
            "{", "[", "- ", ": ", "*t", "&t ", "!!int ", "\n", "\t", "'", "\"", "|", ">", "? ", "%", "\u{0}", "---\n", "<<: *t", "null",
            "~", "1e999",
        ]
        for _ in 0..<80 {
            // The tests of connections share these threads.
            await Task.yield()
            var bytes = Array(seedBytes)
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                let position = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<5, using: &random) {
                case 0: bytes[position] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.remove(at: position)
                case 2: bytes.insert(contentsOf: fragments.randomElement(using: &random)?.utf8.map { $0 } ?? [], at: position)
                case 3: bytes.removeSubrange(position..<min(bytes.count, position + Int.random(in: 1...40, using: &random)))
                default:
                    bytes.insert(
                        contentsOf: bytes[position..<min(bytes.count, position + 60)], at: Int.random(in: 0..<bytes.count, using: &random))
                }
                if bytes.isEmpty { bytes = [0x20] }
            }
            Self.read(bytes)
        }
    }

    private var seedBytes: String.UTF8View { Self.seed.utf8 }

    @Test(arguments: 0..<8)
    func randomBytesDoNotCrash(round: UInt64) async {
        var random = SeededGenerator(seed: round &+ 1_000)
        for _ in 0..<50 {
            await Task.yield()
            Self.read((0..<Int.random(in: 0...300, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) })
        }
    }

    private static let shapes: [String: String] = [
        "brackets": String(repeating: "[", count: 200_000), "braces": String(repeating: "{a: ", count: 50_000),
        "dashes": String(repeating: "- ", count: 50_000), "questions": String(repeating: "? ", count: 50_000),
        "one key many times": String(repeating: "a:\n", count: 3_000),
        "stairs": (0..<1_200).map { String(repeating: " ", count: $0) + "a:\n" }.joined(),
        "a list in itself": "a: &a [*a]", "a mapping in itself": "a: &a {b: *a}", "a root in itself": "&a [*a, *b]",
        "a merge of nothing": "<<: *x",
        "one long word": String(repeating: "x", count: 200_000), "quotes": "a: " + String(repeating: "'", count: 99_999),
        "a byte order mark": "\u{FEFF}apiVersion: v1", "two documents": "--- a\n--- b", "a version": "%YAML 9.9\n---\na",
        "a tag": "!!binary {}", "nulls": "clusters: null\nusers: ~\ncontexts:",
    ]

    @Test(arguments: Self.shapes.keys.sorted())
    func unexpectedStructuresDoNotCrash(name: String) throws {
        Self.read(Array(try #require(Self.shapes[name]).utf8))
    }

    @Test func aliasesAreNotExpandedExponentially() {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1..<12 {
            let aliases = (0..<10).map { _ in "*a\(level - 1)" }.joined(separator: ", ")
            text += "a\(level): &a\(level) [\(aliases)]\n"
        }
        let error = #expect(throws: KubernetesError.self) { try Kubeconfig(parsing: Array(text.utf8), file: "/bomb") }
        #expect(error?.message.contains("too many aliases") == true)
    }

    @Test func aThousandClustersAreParsed() throws {
        let text = "clusters:\n" + (0..<1_000).map { "- {name: c\($0), cluster: {server: 'https://c\($0)'}}\n" }.joined()
        #expect(try Kubeconfig(parsing: Array(text.utf8), file: "/many").clusters.count == 1_000)
    }

    @Test func errorsContainNoFileContent() {
        let text = "users:\n- name: a\n  user:\n    token: hunter2\n   bad: ["
        let error = #expect(throws: KubernetesError.self) { try Kubeconfig(parsing: Array(text.utf8), file: "/k") }
        #expect(error?.message.contains("hunter2") == false)
    }
}
