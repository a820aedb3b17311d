import PixelFlowCore
import Testing

@testable import PixelFlowMongo

@Suite struct WebhookDocumentTests {
    private func document(_ text: String) -> BSONDocument { ["document": .string(text)] }

    @Test func aCommandHasAtMostFiftyDocuments() {
        let documents = (0..<120).map { document("\($0)") }
        let commands = WebhookDocument.commands(documents)
        #expect(commands.map(\.count) == [50, 50, 20])
        #expect(commands.flatMap { $0 } == documents)
        #expect(WebhookDocument.commands([]).isEmpty)
    }

    @Test func aCommandIsBoundedInBytesAndHasALargeDocumentAlone() {
        let small = document(String(repeating: "s", count: 400))
        let large = document(String(repeating: "l", count: 2000))
        let commands = WebhookDocument.commands([small, small, small, large, small], limit: 1000)
        #expect(commands == [[small, small], [small], [large], [small]])
        let megabytes = (0..<12).map { _ in document(String(repeating: "m", count: 1 << 20)) }
        #expect(WebhookDocument.commands(megabytes).map(\.count) == [3, 3, 3, 3])
    }
}
