import Testing

@testable import PixelFlowS3

@Suite struct XMLReaderTests {
    @Test func readsAList() throws {
        let text = """
            <?xml version="1.0" encoding="UTF-8"?>
            <!-- a comment -->
            <ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name><Prefix/>
              <Contents><Key>a&amp;b&#x20;&#252;</Key><Size>1</Size></Contents>
              <Contents><Key><![CDATA[<c>]]></Key></Contents><IsTruncated>false</IsTruncated>
            </ListBucketResult>
            """
        let root = try XMLReader.read(text.utf8)
        #expect(root.name == "ListBucketResult")
        #expect(root["Prefix"] == "")
        #expect(root["Marker"] == nil)
        #expect(root.all("Contents").map { $0["Key"] } == ["a&b ü", "<c>"])
    }

    @Test func ignoresNamespacePrefixes() throws {
        #expect(try XMLReader.read("<s3:Error xmlns:s3='x' a = \"1>2\"><s3:Code>A</s3:Code></s3:Error>".utf8)["Code"] == "A")
    }

    @Test(arguments: [
        "", "text", "<a>", "<a></b>", "<a></a><b/>", "</a>", "<a", "<a/", "<a b></a>", "<a b=c></a>", "<a b='c></a>", "<a b='<'/>",
        "<a>&nbsp;</a>", "<a>&amp</a>", "<a>&#0;</a>", "<a>&#xD800;</a>", "<a>&#x110000;</a>", "<a>&#-1;</a>", "<a>&#+1;</a>", "<a>&#;</a>",
        "<a>&;</a>", "<!DOCTYPE a><a/>", "<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>", "<a><!-- </a>", "<a><![CDATA[ </a>", "<a><?x </a>",
        "<1a/>", "<-a/>", "< a/>", "<a></a>x", "<a><b></a></b>", "<a b='1'c='2'/>",
    ])
    func refuses(text: String) {
        #expect(throws: XMLError.self) { try XMLReader.read(text.utf8) }
    }

    @Test func refusesInvalidUTF8() {
        #expect(throws: XMLError.self) { try XMLReader.read(Array("<a>".utf8) + [0xC3, 0x28] + Array("</a>".utf8)) }
    }

    @Test func limitsNesting() {
        let deep = String(repeating: "<a>", count: 100_000)
        #expect(throws: XMLError.self) { try XMLReader.read(deep.utf8) }
        let shallow = String(repeating: "<a>", count: 16) + String(repeating: "</a>", count: 16)
        #expect(throws: Never.self) { try XMLReader.read(shallow.utf8) }
    }

    @Test func readsItsOwnOutput() throws {
        var random = Pseudorandom(state: 42)
        for _ in 0..<2000 {
            let element = random.element(depth: 4)
            #expect(try XMLReader.read(element.written.utf8) == element)
        }
    }

    /// For any input, the reader returns a document or an error.
    @Test func doesNotCrashOnDamagedInput() throws {
        var random = Pseudorandom(state: 7)
        var read = 0
        for _ in 0..<20_000 {
            var bytes = Array(random.element(depth: 3).written.utf8)
            for _ in 0...random.below(3) { random.damage(&bytes) }
            if (try? XMLReader.read(bytes)) != nil { read += 1 }
        }
        #expect(read > 0 && read < 20_000)
    }
}

/// Random documents that are the same on every run.
struct Pseudorandom {
    var state: UInt64

    mutating func below(_ limit: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(state >> 33) % limit
    }

    mutating func element(depth: Int) -> XMLElement {
        var element = XMLElement(name: pick(["Key", "Contents", "a", "_b-c.d", "Ä"]))
        for _ in 0..<below(6) { element.text += pick(["x", " ", "&", "<", ">", "\"", "ü", "€", "😀", "\n", "\r", "]]>", "%20"]) }
        if depth > 1 { for _ in 0..<below(3) { element.children.append(self.element(depth: depth - 1)) } }
        return element
    }

    mutating func damage(_ bytes: inout [UInt8]) {
        let position = below(bytes.count)
        switch below(3) {
        case 0: bytes[position] = UInt8(below(256))
        case 1: bytes.insert(UInt8(pick(["<", ">", "&", "/", "!", "[", "\"", ";"]).utf8.first ?? 0), at: position)
        default: if bytes.count > 1 { bytes.removeSubrange(position..<min(bytes.count, position + 1 + below(8))) }
        }
        if bytes.isEmpty { bytes = [UInt8(ascii: "<")] }
    }

    private mutating func pick(_ all: [String]) -> String { all[below(all.count)] }
}

extension XMLElement {
    fileprivate var written: String { "<\(name)>\(text.xmlEscaped)\(children.map(\.written).joined())</\(name)>" }
}
