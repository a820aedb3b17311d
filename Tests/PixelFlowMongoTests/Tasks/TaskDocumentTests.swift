import PixelFlowCore
import Testing

@testable import PixelFlowMongo

/// Documents that an earlier version wrote.
@Suite struct TaskDocumentTests {
    @Test func sourceMetadataIsReadUnderItsOldName() throws {
        var task = Sample.task()
        task.sourceMetadata = SourceMetadata(format: "jpeg", width: 3, height: 2, bytes: 1)
        var document = try TaskDocument(record: task, version: 1).encoded()
        #expect(try TaskDocument(document).record == task)
        document["source_facts"] = document["source_metadata"]
        document["source_metadata"] = nil
        #expect(try TaskDocument(document).record == task)
    }
}
