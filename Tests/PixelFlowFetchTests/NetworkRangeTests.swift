import PixelFlowCore
import PixelFlowFetch
import Testing
import WireFormats

@Suite struct NetworkRangeTests {
    @Test func settingIsParsedAsAList() throws {
        #expect(try NetworkRange.list("").isEmpty)
        #expect(try NetworkRange.list(" , ").isEmpty)
        #expect(try NetworkRange.list("10.0.0.0/8, fd00::/8\n127.0.0.1").map(\.description) == ["10.0.0.0/8", "fd00::/8", "127.0.0.1/32"])
    }

    @Test func invalidEntryIsNamed() throws {
        let error = #expect(throws: PixelFlowError.self) { try NetworkRange.list("10.0.0.0/8,10.1.1.1/8,nonsense") }
        #expect(error?.message.contains("\"10.1.1.1/8\"") == true)
        #expect(error?.message.contains("PIXELFLOW_FETCH_ALLOW_NETWORKS") == true)
        #expect(error?.code == "setting_invalid")
    }
}
