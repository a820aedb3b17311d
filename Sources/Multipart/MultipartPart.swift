/// The header of a part.
public struct MultipartPart: Sendable, Hashable {
    /// One header line, with a trimmed value.
    public struct Header: Sendable, Hashable {
        public var name: String
        public var value: String

        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// The name of the form field; may be empty.
    public var name: String
    /// As sent by the client; not safe as a path. Nil for an ordinary field.
    public var filename: String?
    /// The part's own Content-Type, unparsed.
    public var contentType: String?
    /// Every header line, in order.
    public var headers: [Header]

    public init(name: String, filename: String? = nil, contentType: String? = nil, headers: [Header] = []) {
        self.name = name
        self.filename = filename
        self.contentType = contentType
        self.headers = headers
    }

    /// The first header of this name; case-insensitive.
    public func header(_ name: String) -> String? {
        let wanted = name.lowercased()
        return headers.first { $0.name.lowercased() == wanted }?.value
    }
}

extension MultipartPart {
    init(headers: [Header]) throws(MultipartError) {
        let dispositions = headers.filter { $0.name.lowercased() == "content-disposition" }
        guard dispositions.count == 1, let disposition = HeaderValue(dispositions[0].value), disposition.value == "form-data"
        else { throw .dispositionInvalid }
        guard let name = disposition.parameters["name"] else { throw .nameMissing }

        // Browsers write a quotation mark as %22, and no other character this way (HTML, "multipart/form-data encoding algorithm"), except
        // line ends, which no file name needs.
        let plain = disposition.parameters["filename"]?.replacing("%22", with: "\"")
        self.init(name: name, filename: plain, headers: headers)
        if let extended = disposition.parameters["filename*"] {
            guard let decoded = HeaderValue.decodeExtended(extended) else { throw .dispositionInvalid }
            filename = decoded
        }
        contentType = header("content-type")
    }
}
