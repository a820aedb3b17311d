import Conformance
import Deadlines
import Foundation
import Logging
import PixelFlowCore
import PixelFlowTelemetry
import Testing

@Suite("Log lines")
struct LogLineTests {
    private func line(_ message: String, _ metadata: Logger.Metadata = [:]) throws -> [String: Any] {
        let capture = LogCapture()
        let handler = JSONLogHandler(label: "api", service: "pixelflow", level: .trace, sink: capture.sink, clock: ManualClock())
        Logger(label: "api", factory: { _ in handler }).info("\(message)", metadata: metadata)
        #expect(capture.lines.count == 1)
        #expect(capture.lines.first?.filter { $0 == "\n" }.count == 1)
        return try #require(try capture.objects().first)
    }

    @Test("a line contains time, level, service and message")
    func lineHasItsFields() throws {
        let line = try line("task claimed", ["task_id": "t1", "attempts": .stringConvertible(3), "cached": .stringConvertible(true)])
        #expect(line["ts"] as? String == "2026-01-01T00:00:00.000Z")
        #expect(line["level"] as? String == "info")
        #expect(line["service"] as? String == "pixelflow")
        #expect(line["logger"] as? String == "api")
        #expect(line["event"] as? String == "task claimed")
        #expect(line["task_id"] as? String == "t1")
        #expect(line["attempts"] as? Int == 3)
        #expect(line["cached"] as? Bool == true)
    }

    private static let hostile = ["\"}\n{\"level\":\"error", "a\\b\tc\r", "\u{0}\u{1b}[31m\u{7f}", "größe 日本 🎈"]

    @Test("hostile text stays inside its string", arguments: hostile)
    func textIsEscaped(text: String) throws {
        let line = try line(text, ["value": .string(text), "list": .array([.string(text)])])
        #expect(line["event"] as? String == text)
        #expect(line["value"] as? String == text)
        #expect(line["list"] as? [String] == [text])
        #expect(line["level"] as? String == "info")
    }

    private static let secretNames = ["password", "token", "Authorization", "set-cookie", "client_secret", "private_key"]

    @Test("anything that looks like a secret is omitted", arguments: secretNames)
    func secretsAreRedacted(name: String) throws {
        let line = try line("event", [name: "hunter2", "nested": .dictionary([name: "hunter2"])])
        #expect(!line.description.contains("hunter2"))
        #expect(line.description.contains("[redacted]"))
    }

    @Test("names become snake_case and never replace a field of the line")
    func namesAreSnakeCase() throws {
        let line = try line("event", ["hb.request-id": "1", "level": "mine"])
        #expect(line["hb_request_id"] as? String == "1")
        #expect(line["level"] as? String == "info")
        #expect(line["level_"] as? String == "mine")
    }

    private static let moments: [(Int64, String)] = [
        (0, "1970-01-01T00:00:00.000Z"), (951_782_399_999, "2000-02-28T23:59:59.999Z"), (951_782_400_000, "2000-02-29T00:00:00.000Z"),
        (1_709_164_800_001, "2024-02-29T00:00:00.001Z"), (1_798_761_599_500, "2026-12-31T23:59:59.500Z"),
        (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
    ]

    @Test("times are exact to the millisecond", arguments: moments)
    func timesHaveMilliseconds(milliseconds: Int64, text: String) throws {
        let capture = LogCapture()
        let clock = ManualClock(start: Timestamp(microseconds: milliseconds * 1000))
        let handler = JSONLogHandler(label: "a", service: "a", level: .info, sink: capture.sink, clock: clock)
        Logger(label: "a", factory: { _ in handler }).info("event")
        #expect(try capture.objects().first?["ts"] as? String == text)
    }

    @Test("terminal output is one line, without secrets")
    func textFormatIsOneLine() throws {
        let capture = LogCapture()
        let logger = Telemetry.logger("api", settings: LogSettings(format: .text), sink: capture.sink)
        logger.info("two\nlines", metadata: ["password": "hunter2", "task_id": "t\n1"])
        #expect(capture.lines.count == 1)
        let line = try #require(capture.lines.first)
        #expect(line.filter { $0 == "\n" }.count == 1)
        #expect(line.contains("task_id") && !line.contains("hunter2"))
    }

    @Test("the error names the bad setting", arguments: ["PIXELFLOW_LOG_LEVEL", "PIXELFLOW_LOG_FORMAT"])
    func invalidSettingIsNamed(name: String) throws {
        let error = #expect(throws: PixelFlowError.self) { try LogSettings(Settings(environment: [name: "loud"])) }
        #expect(error?.field == name)
        let good = try LogSettings(Settings(environment: ["PIXELFLOW_LOG_LEVEL": "debug", "PIXELFLOW_LOG_FORMAT": "text"]))
        #expect(good == LogSettings(level: .debug, format: .text))
    }

    @Test("lines from many threads are not mixed")
    func concurrentLinesAreNotMixed() async throws {
        let pipe = Pipe()
        let sink = LogSink(descriptor: pipe.fileHandleForWriting.fileDescriptor)
        // bounded: by the close below, waited for with a deadline.
        let reading = Task.detached { try pipe.fileHandleForReading.readToEnd() ?? Data() }
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<8 {
                group.addTask {
                    let logger = Telemetry.logger("n\(number)", sink: sink)
                    // Longer than a pipe accepts in one write.
                    for _ in 0..<20 { logger.info("\(String(repeating: "\(number)", count: 9000))") }
                }
            }
        }
        try pipe.fileHandleForWriting.close()
        let lines = String(decoding: try await reading.value("the end of the log"), as: UTF8.self).split(separator: "\n")
        #expect(lines.count == 160)
        for line in lines { #expect((try? JSONSerialization.jsonObject(with: Data(line.utf8))) != nil) }
    }
}
