import PixelFlowCore
import PixelFlowFetch
import PixelFlowURL
import Testing

@Suite struct NetworkRangeTests {
    @Test(arguments: [
        ("10.0.0.0/8", "10.0.0.0/8"), ("192.168.1.7", "192.168.1.7/32"), ("0.0.0.0/0", "0.0.0.0/0"), ("FD00::/8", "fd00::/8"),
        ("::1", "::1/128"), ("::/0", "::/0"), ("2001:db8:0:0::/64", "2001:db8::/64"),
    ])
    func read(text: String, shown: String) {
        #expect(NetworkRange(text)?.description == shown)
    }

    @Test(arguments: [
        "", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/08", "10.0.0.0/8/8", "10.0.0.1/8", "10/8", "10.0/16",
        "0x0a.0.0.0/8", "010.0.0.0/8", "::1/129", "fd00::1/8", "fe80::1%eth0", "localhost", "10.0.0.0 /8",
    ])
    func refused(text: String) {
        #expect(NetworkRange(text) == nil)
    }

    @Test func listsOfASetting() throws {
        #expect(try NetworkRange.list("").isEmpty)
        #expect(try NetworkRange.list(" , ").isEmpty)
        #expect(try NetworkRange.list("10.0.0.0/8, fd00::/8\n127.0.0.1").map(\.description) == ["10.0.0.0/8", "fd00::/8", "127.0.0.1/32"])
    }

    @Test func aBadEntryIsNamed() throws {
        let error = #expect(throws: PixelFlowError.self) { try NetworkRange.list("10.0.0.0/8,10.1.1.1/8,nonsense") }
        #expect(error?.message.contains("\"10.1.1.1/8\"") == true)
        #expect(error?.message.contains("PIXELFLOW_FETCH_ALLOW_NETWORKS") == true)
        #expect(error?.code == "setting_invalid")
    }

    @Test(arguments: [
        "", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.0x4", "+1.2.3.4", " 1.2.3.4", "1.2.3.4 ", "1.2.3.4.", "127.1",
        "2130706433",
        "１.2.3.4", "1..3.4", ":", ":::", "1::2::3", "12345::", "::1%lo", "[::1]", "::1\u{0}", "::1.2.3", "g::1",
    ])
    func otherSpellingsAreNoAddresses(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test(arguments: [
        ("1.2.3.4", "1.2.3.4"), ("0:0:0:0:0:0:0:1", "::1"), ("2001:DB8::0:1", "2001:db8::1"), ("::ffff:1.2.3.4", "::ffff:1.2.3.4"),
    ])
    func addressesHaveOneSpelling(text: String, shown: String) {
        #expect(IPAddress(text)?.description == shown)
    }
}
