import Multipart
import NIOCore
import Testing

@Suite struct BoundaryTests {
    @Test(arguments: [
        ("multipart/form-data; boundary=abc", "abc"),
        ("Multipart/Form-Data;BOUNDARY=abc", "abc"),
        ("multipart/form-data; charset=utf-8; boundary=\"a b:c?\"", "a b:c?"),
        ("multipart/form-data; boundary=----WebKitFormBoundary7MA4YWxkTrZu0gW", "----WebKitFormBoundary7MA4YWxkTrZu0gW"),
        ("multipart/form-data; boundary=\"" + String(repeating: "x", count: 70) + "\"", String(repeating: "x", count: 70)),
    ])
    func validBoundaryIsParsed(contentType: String, boundary: String) throws {
        #expect(try MultipartParser.boundary(fromContentType: contentType) == boundary)
    }

    @Test(arguments: [
        ("", MultipartError.notFormData), ("image/png", .notFormData), ("multipart/mixed; boundary=a", .notFormData),
        ("multipart/form-data; boundary=\"open", .parametersInvalid), ("multipart/form-data; boundary=a; boundary=b", .parametersInvalid),
        ("multipart/form-data; boundary=", .boundaryMissing), ("multipart/form-data; boundary=; charset=utf-8", .boundaryMissing),
        ("multipart/form-data", .boundaryMissing), ("multipart/form-data; charset=utf-8", .boundaryMissing),
        ("multipart/form-data; boundary=\"\"", .boundaryMissing), ("multipart/form-data; boundary=\"a \"", .boundaryInvalid),
        ("multipart/form-data; boundary=" + String(repeating: "x", count: 71), .boundaryInvalid),
        ("multipart/form-data; boundary=\"a\r\nb\"", .boundaryInvalid), ("multipart/form-data; boundary=ä", .boundaryInvalid),
        ("multipart/form-data; boundary=a*b", .boundaryInvalid),
    ])
    func invalidBoundaryIsRefused(contentType: String, error: MultipartError) {
        #expect(throws: error) { try MultipartParser.boundary(fromContentType: contentType) }
    }

    @Test func aParserChecksItsBoundary() {
        #expect(throws: MultipartError.boundaryInvalid) { try MultipartParser(boundary: "") }
        #expect(throws: MultipartError.boundaryInvalid) { try MultipartParser(boundary: "a\r\n") }
    }

    @Test func everyErrorHasADescription() {
        let errors: [MultipartError] = [
            .notFormData, .parametersInvalid, .boundaryMissing, .boundaryInvalid, .firstBoundaryNotFound, .truncated, .bareLineFeed,
            .headerLineInvalid,
            .headerTooLarge(limit: 1), .tooManyHeaders(limit: 1), .tooManyParts(limit: 1), .dispositionInvalid, .nameMissing,
        ]
        #expect(Set(errors.map(\.description)).count == errors.count)
    }
}
