import Foundation
import PixelFlowCore
import Testing

@testable import PixelFlowKafka

@Suite struct MessageFormTests {
    @Test func aDispatchMessageHasIdentifyingHeaders() throws {
        let dispatch = DispatchMessage(task: TaskID("task-1"), tenant: TenantID("tenant"), generation: 2, sequence: 3, requestID: "r–1")
        let message = try DispatchMessageCoder.make(dispatch, topic: "image-tasks")
        #expect(message.topic == "image-tasks")
        #expect(String(decoding: message.key, as: UTF8.self) == "task-1")
        #expect(Dictionary(uniqueKeysWithValues: message.headers) == ["x-request-id": "r–1", "message-id": "task-1/2/3", "version": "1"])
        #expect(message.value.withUnsafeBytes { DispatchMessageCoder.read($0) } == dispatch)
        let value = try #require(try JSONSerialization.jsonObject(with: Data(message.value)) as? [String: Any])
        #expect(value["request_id"] as? String == "r–1")
    }

    @Test func aTraceIsInTheHeadersAndInTheMessage() throws {
        let trace = TraceHeaders(traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", tracestate: "a=1")
        let dispatch = DispatchMessage(
            task: TaskID("task-1"), tenant: TenantID("tenant"), generation: 2, sequence: 3, requestID: "r–1", trace: trace)
        let message = try DispatchMessageCoder.make(dispatch, topic: "image-tasks")
        let headers = Dictionary(uniqueKeysWithValues: message.headers)
        #expect((headers["traceparent"], headers["tracestate"]) == (trace.traceparent, trace.tracestate))
        #expect(message.value.withUnsafeBytes { DispatchMessageCoder.read($0) } == dispatch)
    }

    @Test(arguments: ["", "null", "{}", "[1]", "\u{0}", #"{"task":1}"#])
    func refusesTextThatIsNotADispatchMessage(text: String) {
        #expect(Array(text.utf8).withUnsafeBytes { DispatchMessageCoder.read($0) } == nil)
    }

    @Test func aDeadLetterSummarisesTheTask() throws {
        var task = change(1).task
        task.status = .failed
        task.error = TaskError(code: "not_an_image", message: "This is not an image.")
        task.outbox = [OutboxEvent(id: "\(task.id)/1/4/failed", status: .failed, at: task.createdAt)]
        let message = try DeadLetterMessage(task).message(topic: "image-tasks.dlq")
        #expect(String(decoding: message.key, as: UTF8.self) == "tenant/\(task.id)")
        #expect(message.headers.contains { $0 == ("x-request-id", "request-1") })
        #expect(message.headers.contains { $0 == ("message-id", "\(task.id)/1/4/failed") })
        let value = try #require(try JSONSerialization.jsonObject(with: Data(message.value)) as? [String: Any])
        #expect(value["id"] as? String == "\(task.id)/1/4/failed")
        #expect(value["task"] as? String == task.id.rawValue)
        #expect(value["label"] as? String == "https://example.com/a.jpg")
        #expect((value["error"] as? [String: String])?["code"] == "not_an_image")
        #expect(value["created_at"] as? String == task.createdAt.iso8601)
    }

    @Test func theIDOfADeadLetterIsStableWithoutAnOutbox() throws {
        var task = change(1).task
        (task.status, task.epoch) = (.failed, 4)
        let first = try DeadLetterMessage(task).message(topic: "t")
        #expect(first.headers.contains { $0 == ("message-id", "\(task.id)/1/4/\(TaskStatus.failed.rawValue)") })
    }
}
