import Foundation
import PixelFlowCore
import Testing

@Suite struct TaskRecordTests {
    @Test(arguments: TaskStatus.allCases)
    func survivesARoundTrip(status: TaskStatus) throws {
        let task = try SampleTasks.make(status)
        #expect(try JSONDecoder().decode(TaskRecord.self, from: JSONEncoder().encode(task)) == task)
    }

    @Test func survivesARoundTripWithAnUpload() throws {
        let upload = TaskSource.Upload(
            filename: "Füße \"1\".jpg", contentType: nil, bytes: 7, sha256: "00", key: BlobKey(rawValue: "tenant/task/source"))
        let task = TaskRecord(
            id: TaskID("task"), tenant: TenantID("tenant"), owner: UserID("user"), source: .upload(upload), pipeline: .default,
            preset: "web", idempotencyKey: "key", fingerprint: "print", requestID: "request", createdAt: SampleTasks.start)
        #expect(try JSONDecoder().decode(TaskRecord.self, from: JSONEncoder().encode(task)) == task)
        #expect(task.sourceKey == upload.key)
    }

    @Test func pipelineIsReadAsTextAndAsTheObjectOfEarlierVersions() throws {
        let task = try SampleTasks.make(.processing)
        let document = try JSONEncoder().encode(task)
        var members = try #require(try JSONSerialization.jsonObject(with: document) as? [String: Any])
        let text = try #require(members["pipeline"] as? String)
        #expect(try Data(text.utf8) == task.pipeline.canonicalJSON())
        members["pipeline"] = try JSONSerialization.jsonObject(with: Data(text.utf8))
        let earlier = try JSONSerialization.data(withJSONObject: members)
        #expect(try JSONDecoder().decode(TaskRecord.self, from: earlier) == task)
    }

    @Test func keysStartWithTheTask() throws {
        let task = try SampleTasks.make(.processing)
        let prefix = "tenant/\(task.id)"
        #expect(task.blobPrefix.rawValue == prefix)
        #expect(BlobKey.upload(task.id, tenant: task.tenant).rawValue == prefix + "/source")
        #expect(BlobKey.generation(task).rawValue == prefix + "/1")
        #expect(BlobKey.run(task).rawValue == prefix + "/1/1")
        #expect(BlobKey.output("thumb", of: task).rawValue == prefix + "/1/1/thumb")
        #expect(BlobKey.fetchedSource(of: task).rawValue == prefix + "/1/1/source.fetched")
    }

    @Test func sourceOfAURLIsKnownOnceItIsStored() throws {
        var task = try SampleTasks.make(.processing)
        #expect(task.sourceKey == nil)
        let stored = StoredSource(key: .fetchedSource(of: task), bytes: 3, sha256: "00", contentType: "image/png")
        var manifest = SampleTasks.manifest()
        manifest.fetchedSource = stored
        try SampleTasks.machine.apply(.complete(task.claim, manifest), to: &task, at: SampleTasks.later)
        #expect(task.sourceKey == stored.key)
    }

    @Test func eventIdsNameTheRun() throws {
        var task = try SampleTasks.make(.failed)
        #expect(task.outbox.map(\.id) == ["\(task.id)/1/1/FAILED"])
        try SampleTasks.machine.apply(.replay, to: &task, at: SampleTasks.later)
        try SampleTasks.machine.apply(.cancel, to: &task, at: SampleTasks.later)
        #expect(task.outbox.map(\.id) == ["\(task.id)/1/1/FAILED", "\(task.id)/2/1/CANCELLED"])
    }
}
