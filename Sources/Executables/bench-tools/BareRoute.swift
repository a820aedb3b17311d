import ArgumentParser
import Hummingbird
import Logging
import NIOCore

/// Serves one route that does nothing, to measure the HTTP server alone.
struct BareRoute: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Serve /bare: a fixed JSON document as large as a task.")

    @Option(help: "The port to listen on, on the loopback address.")
    var port: Int

    func run() async throws {
        let task = ByteBuffer(string: "{\"task\":\"\(String(repeating: "x", count: 1500))\"}")
        let router = Router()
        router.get("bare") { _, _ in
            Response(status: .ok, headers: [.contentType: "application/json"], body: ResponseBody(byteBuffer: task))
        }
        var logger = Logger(label: "bare")
        logger.logLevel = .warning
        let application = Application(
            router: router, configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: port)), logger: logger)
        try await application.runService()
    }
}
