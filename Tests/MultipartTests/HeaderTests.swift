import Multipart
import NIOCore
import Testing

@Suite struct HeaderTests {
    struct Reading: Sendable, CustomTestStringConvertible {
        var disposition: String
        var name: String
        var filename: String?
        var testDescription: String { disposition }
    }

    @Test(arguments: [
        Reading(disposition: #"form-data; name="file"; filename="cat.jpg""#, name: "file", filename: "cat.jpg"),
        Reading(disposition: #"Form-Data;NAME=file;FileName=cat.jpg"#, name: "file", filename: "cat.jpg"),
        Reading(disposition: #"form-data ; name = "file" ; filename = "a b.jpg" ;"#, name: "file", filename: "a b.jpg"),
        Reading(disposition: #"form-data; name="a\"b\\c"; filename="x\"y.jpg""#, name: #"a"b\c"#, filename: #"x"y.jpg"#),
        // Browsers write a quotation mark like this, and nothing else.
        Reading(disposition: #"form-data; name="f"; filename="a %22b%22 50%25.jpg""#, name: "f", filename: #"a "b" 50%25.jpg"#),
        Reading(disposition: #"form-data; name="f"; filename="C:\photos\cat.jpg""#, name: "f", filename: #"C:\photos\cat.jpg"#),
        Reading(disposition: #"form-data; name="f"; filename="semi;colon=.jpg""#, name: "f", filename: "semi;colon=.jpg"),
        Reading(disposition: #"form-data; name="größe"; filename="日本.png""#, name: "größe", filename: "日本.png"),
        Reading(disposition: #"form-data; name="f"; filename*=UTF-8''na%C3%AFve%20%E2%82%AC.png"#, name: "f", filename: "naïve €.png"),
        Reading(disposition: #"form-data; name="f"; filename="x.png"; filename*=utf-8'en'%e2%82%ac.png"#, name: "f", filename: "€.png"),
        Reading(disposition: #"form-data; name="f"; filename*=ISO-8859-1''%E4.png"#, name: "f", filename: "ä.png"),
        Reading(disposition: #"form-data; name="""#, name: "", filename: nil),
        Reading(disposition: #"form-data; name="f"; filename="""#, name: "f", filename: ""),
        Reading(disposition: #"form-data; name="f"; filename="%22quoted%22.jpg""#, name: "f", filename: #""quoted".jpg"#),
    ])
    func contentDispositionIsParsed(reading: Reading) throws {
        let form = try CollectedForm([ByteBuffer(string: Self.document("Content-Disposition: \(reading.disposition)"))])
        #expect(form.parts.first?.head.name == reading.name)
        #expect(form.parts.first?.head.filename == reading.filename)
    }

    @Test(arguments: [
        "attachment; name=f", "form-data; name=\"f", "form-data; name=f; name=g", "form-data; name=f; filename=a; filename=b",
        "form-data; name=f; filename*=UTF-8''%zz", "form-data; name=f; filename*=UTF-8''%e2%82", "form-data; name=f; filename*=koi8-r''x",
        "form-data; name=f; filename*=plain", "form-data; =f", "form-data; name", "form-data; name=", "form-data; name=\"f\"x", "",
    ])
    func invalidContentDispositionIsRefused(disposition: String) {
        #expect(outcome(of: Self.document("Content-Disposition: \(disposition)")) == .failure(.dispositionInvalid))
    }

    @Test func otherHeadersAreKept() throws {
        let header =
            "content-disposition: form-data; name=f\r\nCONTENT-TYPE:  image/png; x=y \t\r\nX-Odd:\r\nContent-Transfer-Encoding: binary"
        let part = try #require(try CollectedForm([ByteBuffer(string: Self.document(header))]).parts.first?.head)
        #expect(part.contentType == "image/png; x=y")
        #expect(part.header("x-odd")?.isEmpty == true)
        #expect(part.header("Content-Transfer-encoding") == "binary")
        #expect(part.headers.map(\.name) == ["content-disposition", "CONTENT-TYPE", "X-Odd", "Content-Transfer-Encoding"])
    }

    @Test(arguments: [
        ("X-Other: 1", MultipartError.dispositionInvalid),
        ("Content-Disposition: form-data", .nameMissing),
        ("Content-Disposition: form-data; filename=x", .nameMissing),
        ("Content-Disposition: form-data; name=a\r\nContent-Disposition: form-data; name=b", .dispositionInvalid),
        ("Content-Disposition: form-data; name=a\r\nno colon here", .headerLineInvalid),
        ("Content-Disposition: form-data;\r\n name=a", .headerLineInvalid),
        (": value", .headerLineInvalid),
        ("Content-Disposition : form-data; name=a", .headerLineInvalid),
        ("Content-Disposition: form-data; name=\"a\u{0}b\"", .headerLineInvalid),
        ("Content-Disposition: form-data; name=\"a\rb\"", .headerLineInvalid),
        ("Content-Disposition: form-data; name=a\nX: y", .bareLineFeed),
    ])
    func invalidHeadersAreRefused(header: String, error: MultipartError) {
        #expect(outcome(of: Self.document(header)) == .failure(error))
    }

    @Test func partWithoutHeadersIsRefused() {
        #expect(outcome(of: "--b0undary\r\n\r\nbody\r\n--b0undary--") == .failure(.dispositionInvalid))
    }

    static func document(_ header: String) -> String { "--b0undary\r\n\(header)\r\n\r\nbody\r\n--b0undary--\r\n" }
}
