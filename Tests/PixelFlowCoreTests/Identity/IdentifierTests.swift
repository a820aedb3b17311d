import Foundation
import PixelFlowCore
import Testing

@Suite struct IdentifierTests {
    @Test func taskIdsAreReadInEitherCase() throws {
        let id = TaskID.make(at: SampleTasks.start)
        #expect(TaskID(parsing: id.rawValue) == id)
        #expect(TaskID(parsing: id.rawValue.uppercased()) == id)
        #expect(TaskID(parsing: "1") == nil)
        #expect(TaskID(parsing: id.rawValue + "/..") == nil)
    }

    @Test func areWrittenAsPlainText() throws {
        let data = try JSONEncoder().encode(["id": TenantID("acme")])
        #expect(String(decoding: data, as: UTF8.self) == #"{"id":"acme"}"#)
        #expect(try JSONDecoder().decode([String: TenantID].self, from: data) == ["id": TenantID("acme")])
    }

    @Test func newestTaskSortsLast() {
        let older = TaskID.make(at: SampleTasks.start)
        let newer = TaskID.make(at: SampleTasks.later)
        #expect(older < newer)
        #expect([newer, older].sorted() == [older, newer])
    }

    @Test(arguments: ["web", "a", "my_preset-2", String(repeating: "x", count: 64)])
    func acceptsNames(name: String) { #expect(NameRule.allows(name)) }

    @Test(arguments: ["", "Web", "a b", "a/b", "..", "é", String(repeating: "x", count: 65)])
    func refusesNames(name: String) { #expect(!NameRule.allows(name)) }
}
