import ArgumentParser
import KubernetesClient

/// What `helm test` runs: it asks services over HTTP and nothing of Kubernetes.
struct ProbeCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "probe",
        abstract: "Waits until every URL answers 200.",
        discussion: """
            Examples:
              pfctl probe --timeout=120 http://pixelflow-api:8080/readyz http://pixelflow-auth:50051/readyz
            """,
        shouldDisplay: false)

    @Argument(help: "The URLs.") var urls: [String]

    @Option(help: ArgumentHelp("How long to wait for all of them.", valueName: "duration"))
    var timeout: DurationArgument = .seconds(120)

    @OptionGroup(title: "Global options") var global: GlobalOptions

    func validate() throws {
        guard urls.allSatisfy({ $0.hasPrefix("http://") || $0.hasPrefix("https://") }) else {
            throw ValidationError("A URL begins with http:// or https://.")
        }
    }

    func run(in session: Session) async throws -> ExitStatus {
        let results = await EndpointProbe.run(urls, within: timeout.duration) { session.status.show($0) }
        let rows = results.map { result in
            Table.Row([result.isOK ? Text("ok", .good) : Text("failed", .bad), Text(result.url), Text(result.answer)])
        }
        let data: JSONValue = [
            "urls": .array(results.map { ["url": .string($0.url), "ok": .bool($0.isOK), "answer": .string($0.answer)] })
        ]
        let failed = results.filter { !$0.isOK }.map(\.url)
        let table = Table(columns: [.init("RESULT"), .init("URL", cut: .middle), .init("ANSWER", cut: .wrap)], rows: rows)
        session.print(Document([.table(table)], data: data, names: results.filter(\.isOK).map(\.url)))
        guard failed.isEmpty else {
            throw CommandFailure(.timedOut, "no 200 within \(DurationText.exact(timeout.duration)) from \(failed.joined(separator: ", "))")
        }
        return .ok
    }
}
