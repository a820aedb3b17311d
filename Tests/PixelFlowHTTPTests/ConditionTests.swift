import HTTPTypes
import Testing

@testable import PixelFlowHTTP

/// Conditional requests and ranges according to RFC 9110.
@Suite struct ConditionTests {
    private static let tag = EntityTag("a,b")

    @Test(arguments: [
        (#""a,b""#, true), (#"W/"a,b""#, true), ("*", true), (" * ", true), (#""x", "a,b""#, true), (#""x","a,b""#, true),
        (#""x" , W/"a,b" , "y""#, true), (#"nonsense, "a,b""#, true), (#", ,"a,b""#, true), (#""a""#, false), (#""a,b"#, false),
        ("a,b", false), ("", false), (#""A,B""#, false), (#"w/"a,b""#, false), (#""""#, false), (#"*, "x""#, false), (#""xa,b""#, false),
    ])
    func aCachedRepresentationIsNotModified(_ header: String, _ isKnown: Bool) {
        for method in [HTTPRequest.Method.get, .head] {
            #expect(Preconditions([.ifNoneMatch: header], method: method).outcome(for: Self.tag) == (isKnown ? .notModified : .holds))
        }
        #expect(Preconditions([.ifNoneMatch: header], method: .delete).outcome(for: Self.tag) == (isKnown ? .failed : .holds))
    }

    @Test(arguments: [
        (#""a,b""#, true), ("*", true), (#""x", "a,b""#, true), (#"W/"a,b""#, false), (#""x""#, false), ("", false), ("a,b", false),
    ])
    func aChangeWithAStaleTagFails(_ header: String, _ isMeant: Bool) {
        for method in [HTTPRequest.Method.get, .put] {
            #expect(Preconditions([.ifMatch: header], method: method).outcome(for: Self.tag) == (isMeant ? .holds : .failed))
        }
    }

    @Test func aWeakTagNeverMatchesStrongly() {
        let weak = EntityTag("a", isWeak: true)
        #expect(weak.description == #"W/"a""#)
        #expect(Preconditions([.ifNoneMatch: #""a""#], method: .get).outcome(for: weak) == .notModified)
        #expect(Preconditions([.ifMatch: #"W/"a""#], method: .get).outcome(for: weak) == .failed)
    }

    @Test func ifMatchPrecedesIfNoneMatch() {
        let both: HTTPFields = [.ifMatch: #""x""#, .ifNoneMatch: #""a,b""#]
        #expect(Preconditions(both, method: .get).outcome(for: Self.tag) == .failed)
        let held: HTTPFields = [.ifMatch: "*", .ifNoneMatch: #""a,b""#]
        #expect(Preconditions(held, method: .get).outcome(for: Self.tag) == .notModified)
    }

    @Test func aMissingRepresentationMatchesNothing() {
        #expect(Preconditions([.ifMatch: "*"], method: .put).outcome(for: nil) == .failed)
        #expect(Preconditions([.ifNoneMatch: "*"], method: .put).outcome(for: nil) == .holds)
    }

    @Test func repeatedFieldLinesFormOneList() {
        var headers: HTTPFields = [:]
        headers.append(HTTPField(name: .ifNoneMatch, value: #""x""#))
        headers.append(HTTPField(name: .ifNoneMatch, value: #"W/"a,b""#))
        #expect(Preconditions(headers, method: .get).outcome(for: Self.tag) == .notModified)
    }

    // MARK: Ranges

    @Test(arguments: [
        ("bytes=0-3", 0..<4), ("BYTES=0-3", 0..<4), ("bytes= 0-3 ", 0..<4), ("bytes=7-", 7..<10), ("bytes=-4", 6..<10),
        ("bytes=-99999999999999999999", 0..<10), ("bytes=5-99999999999999999999", 5..<10), ("bytes=9-9", 9..<10),
        // With several ranges, those beyond the end are ignored.
        ("bytes=0-3,20-30", 0..<4), ("bytes=20-30, ,-1", 9..<10),
    ])
    func aRangeReturnsAPart(_ header: String, _ range: Range<Int>) {
        #expect(select([.range: header]) == .part(range))
    }

    @Test(arguments: [
        "bytes=3-1", "lines=0-1", "bytes=a-b", "bytes=-", "bytes=", "bytes", "bytes=0-1,3-4", "bytes=0-1,x", "bytes=+1-2", "bytes=1-2-3",
        "bytes=--1", "bytes=0x0-1", "bytes 0-1",
    ])
    func otherRangesReturnTheWholeRepresentation(_ header: String) {
        #expect(select([.range: header]) == .full)
    }

    @Test(arguments: ["bytes=10-", "bytes=10-20", "bytes=-0", "bytes=99999999999999999999-", "bytes=10-,11-12,-0"])
    func aRangeBeyondTheEndIsUnsatisfiable(_ header: String) {
        #expect(select([.range: header]) == .unsatisfiable)
        // A range of another version does not apply to this one.
        #expect(select([.range: header, .ifRange: #""older""#]) == .full)
    }

    @Test func ifRangeWithAStaleTagReturnsEverything() {
        #expect(select([.range: "bytes=0-3", .ifRange: #""a,b""#]) == .part(0..<4))
        for other in [#"W/"a,b""#, #""x""#, "Sat, 28 Nov 2026 17:00:00 GMT", "*", #""a,b", "x""#, ""] {
            #expect(select([.range: "bytes=0-3", .ifRange: other]) == .full, "\(other)")
        }
    }

    @Test func onlyGetSupportsRanges() {
        #expect(select([.range: "bytes=0-3"], method: .head) == .full)
        #expect(select([.range: "bytes=99-"], method: .head) == .full)
    }

    private func select(_ headers: HTTPFields, method: HTTPRequest.Method = .get) -> ByteRanges.Selection {
        ByteRanges.select(headers, method: method, size: 10, tag: Self.tag)
    }
}
