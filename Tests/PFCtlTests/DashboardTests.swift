import Deadlines
import FakeKubernetes
import Foundation
import KubernetesClient
import PFCtl
import StubService
import Terminal
import TerminalTesting
import Testing

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

@Suite struct DashboardTests {
    /// Runs `pfctl dashboard` until the body is done.
    private static func dashboard(
        _ pixelflow: FakePixelFlow, _ arguments: [String] = [], width: Int? = nil, environment: [String: String] = [:],
        _ body: @Sendable (String, CapturedStream) async throws -> Void
    ) async throws {
        let (output, errors) = (CapturedStream(width: width), CapturedStream())
        let running = Task {
            await pixelflow.pfctl(["dashboard"] + arguments, console: Console(output: output, status: errors), environment: environment)
        }
        try await eventually(within: .seconds(60), "the address") {
            output.text.contains("http://127.0.0.1:") && output.text.hasSuffix("\n")
        }
        try await body(output.text.filter { $0 != "\n" }, errors)
        running.cancel()
        #expect(try await running.value("the command to end").status == .ok)
    }

    private static func page(_ url: String) async throws -> String {
        var request = URLRequest(url: try #require(URL(string: url)))
        request.timeoutInterval = 60
        // bounded: by the time-out of the request.
        return try await withCheckedThrowingContinuation { continuation in
            URLSession.shared.dataTask(with: request) { data, _, error in
                continuation.resume(with: Result { if let error { throw error } else { String(decoding: data ?? Data(), as: UTF8.self) } })
            }.resume()
        }
    }

    @Test func forwardsToAPodAndFailsOverToAnother() async throws {
        try await FakePixelFlow.run { pixelflow in
            let pods = pixelflow.pods(of: "web").sorted()
            for pod in pods {
                let service = try await StubService.start { _ in (200, pod) }
                pixelflow.cluster.expose(pod: pod, port: 3_000, namespace: FakePixelFlow.namespace, localPort: service.port)
            }
            try await Self.dashboard(pixelflow) { url, errors in
                #expect(try await Self.page(url) == pods[0])
                pixelflow.cluster.delete(.pods, pods[0], namespace: FakePixelFlow.namespace)
                pixelflow.cluster.dropForwards(pod: pods[0])
                try await eventually(within: .seconds(60), "the page of the other pod") { (try? await Self.page(url)) == pods[1] }
                try await eventually(within: .seconds(60), "word of the other pod") { errors.text.contains("forwarding to \(pods[1])\n") }
            }
        }
    }

    @Test func opensTheBrowserOnATerminal() async throws {
        try await FakePixelFlow.run { pixelflow in
            let (program, file) = ("\(pixelflow.folder)/xdg-open", "\(pixelflow.folder)/opened")
            try "#!/bin/sh\nprintf %s \"$1\" > \(file).new; mv \(file).new \(file)\n".write(
                toFile: program, atomically: true, encoding: .utf8)
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program)
            let environment = ["PATH": "\(pixelflow.folder):/usr/bin:/bin"]
            try await Self.dashboard(pixelflow, ["--color", "never"], width: 100, environment: environment) { url, _ in
                try await eventually(within: .seconds(60), "the browser") { FileManager.default.fileExists(atPath: file) }
                #expect(try String(contentsOfFile: file, encoding: .utf8) == url)
            }
            try FileManager.default.removeItem(atPath: file)
            try await Self.dashboard(pixelflow, ["--no-open"], width: 100, environment: environment) { _, _ in }
            #expect(!FileManager.default.fileExists(atPath: file))
        }
    }

    @Test func usesTheGivenPort() async throws {
        try await FakePixelFlow.run { pixelflow in
            let taken = try await StubService.start { _ in (200, "") }
            let outcome = await pixelflow.pfctl("dashboard", "--port", "\(taken.port)")
            #expect(outcome.status == .failed)
            #expect(outcome.errors.contains("the local port \(taken.port) cannot be opened"))
            #expect(await pixelflow.pfctl("dashboard", "--port", "0").status == .usage)
            for pod in pixelflow.pods(of: "web") { pixelflow.cluster.delete(.pods, pod, namespace: FakePixelFlow.namespace) }
            #expect(await pixelflow.pfctl("dashboard").errors.contains("no pod of web is ready"))
        }
    }
}
