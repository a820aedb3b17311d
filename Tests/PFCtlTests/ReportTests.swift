import Deadlines
import FakeKubernetes
import Foundation
import KubernetesClient
import PFCtl
import Terminal
import TerminalTesting
import TestSupport
import Testing
import WireFormats

@Suite struct ReportTests {
    /// Contained in every secret of this test.
    private static let secret = "hunter2"

    private static func plant(_ pixelflow: FakePixelFlow) {
        let labels: JSONValue = .object(FakePixelFlow.labels("api").mapValues { .string($0) })
        pixelflow.cluster.put(
            .secrets,
            [
                "metadata": [
                    "name": "passwords", "labels": labels, "annotations": ["kubectl.kubernetes.io/last-applied-configuration": "hunter2"],
                ],
                "data": ["postgres": "aHVudGVyMg==", "plain": "hunter2"],
            ],
            namespace: FakePixelFlow.namespace)
        pixelflow.cluster.put(
            .configMaps,
            [
                "metadata": ["name": "settings", "labels": labels],
                "data": [
                    "LOG_LEVEL": "info", "S3_SECRET_KEY": "hunter2",
                    "tls.pem": "-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----",
                ],
            ],
            namespace: FakePixelFlow.namespace)
        let pod = pixelflow.pods(of: "api")[0]
        pixelflow.cluster.update(.pods, pod, namespace: FakePixelFlow.namespace) { object in
            object["spec"]?["containers"] = [
                [
                    "name": "api",
                    "args": ["--database=postgres://pixelflow:hunter2@db/pixelflow", "--api-key=hunter2", "--password", "hunter2"],
                    "env": [
                        ["name": "DATABASE_PASSWORD", "value": "hunter2"], ["name": "DATABASE_URL", "value": "postgres://a:hunter2@db/a"],
                        ["name": "LOG_LEVEL", "value": "debug"],
                    ],
                ]
            ]
        }
        pixelflow.cluster.log(
            [
                "listening on 8080", "connecting to mongodb://a:hunter2@mongo", "authorization: Bearer hunter2hunter2",
                #"{"password": "hunter2", "user":"ada"}"#, "got eyJhbGciOiJFUzI1NiJ9.hunter2.hunter2",
            ], pod: pod, container: "api", at: FakePixelFlow.now)
    }

    @Test func containsDiagnosticsAndNoSecrets() async throws {
        try await FakePixelFlow.run { pixelflow in
            Self.plant(pixelflow)
            let file = "\(pixelflow.folder)/report.tar"
            let outcome = await pixelflow.pfctl("report", "--file", file, "-o", "json")
            #expect(outcome.status == .ok, "\(outcome.errors)")
            let files = try Self.extract(file)
            let root = "pfctl-report-20260501T120000"
            let expected = [
                "status.json", "versions.json", "events.json", "objects/secrets/passwords.yaml", "objects/configmaps/settings.yaml",
                "objects/deployments/pixelflow-api.yaml", "objects/statefulsets/pixelflow-kafka.yaml",
                "logs/\(pixelflow.pods(of: "api")[0])/api.log",
            ]
            for path in expected { #expect(files["\(root)/\(path)"] != nil, "\(path) is missing") }
            for (path, text) in files { #expect(!text.contains(Self.secret) && !text.contains("aHVudGVyMg"), "\(path): \(text)") }
            let log = try #require(files["\(root)/logs/\(pixelflow.pods(of: "api")[0])/api.log"])
            #expect(log.contains("listening on 8080") && log.contains(#""user":"ada""#))
            #expect(files["\(root)/objects/configmaps/settings.yaml"]?.contains("LOG_LEVEL: info") == true)
            #expect(files["\(root)/objects/secrets/passwords.yaml"]?.contains("postgres: REDACTED") == true)
            let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
            #expect(mode == 0o600)
            #expect(await pixelflow.pfctl("report", "--file", file).status == .failed, "it writes over nothing")
        }
    }

    @Test func notesMissingPermissions() async throws {
        try await FakePixelFlow.run { pixelflow in
            pixelflow.cluster.fail(
                FakeClusterFault(
                    .status(403, reason: "Forbidden", message: "secrets is forbidden"), path: "/secrets", method: "GET", count: 9))
            let file = "\(pixelflow.folder)/report.tar"
            let outcome = await pixelflow.pfctl("report", "--file", file)
            #expect(outcome.status == .ok)
            #expect(outcome.errors.contains("warning: not in the report: secrets: secrets is forbidden"))
            let files = try Self.extract(file)
            #expect(files["pfctl-report-20260501T120000/notes.txt"]?.contains("secrets is forbidden") == true)
        }
    }

    /// With the system's tar, which must be able to read our archives.
    private static func extract(_ file: String) throws -> [String: String] {
        let folder = file + ".d"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try #require(try Command.run("tar", ["-xf", file, "-C", folder]).status == 0)
        let paths = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
        return paths.reduce(into: [:]) { files, path in files[path] = try? String(contentsOfFile: "\(folder)/\(path)", encoding: .utf8) }
    }
}
