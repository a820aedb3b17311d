import WireFormats

/// A value of a kubeconfig with its path, for error messages.
struct ConfigurationReader {
    let value: JSONValue
    let path: String

    private func failure(_ expected: String) -> KubernetesError {
        KubernetesError(.configuration, "\(path): \(expected) was expected")
    }

    private var isNull: Bool { value == .null }

    func field(_ key: String) throws -> ConfigurationReader? {
        if isNull { return nil }
        guard case .object(let fields) = value else { throw failure("a mapping") }
        guard let field = fields[key], field != .null else { return nil }
        return ConfigurationReader(value: field, path: path.hasSuffix(":") ? "\(path) \(key)" : "\(path).\(key)")
    }

    /// The text of a field; nil if it is missing or empty.
    func text(_ key: String) throws -> String? {
        guard let field = try field(key) else { return nil }
        guard let text = field.value.stringValue else { throw field.failure("a text") }
        return text.isEmpty ? nil : text
    }

    func flag(_ key: String) throws -> Bool {
        guard let field = try field(key) else { return false }
        guard let flag = field.value.stringValue.flatMap(YAMLDocument.boolean) else { throw field.failure("true or false") }
        return flag
    }

    func list(_ key: String) throws -> [ConfigurationReader] {
        guard let field = try field(key) else { return [] }
        guard let elements = field.value.arrayValue else { throw field.failure("a list") }
        return elements.enumerated().map { ConfigurationReader(value: $1, path: "\(field.path)[\($0)]") }
    }

    func texts(_ key: String) throws -> [String] {
        try list(key).map { element in
            guard let text = element.value.stringValue else { throw element.failure("a text") }
            return text
        }
    }

    func textLists(_ key: String) throws -> [String: [String]] {
        guard let field = try field(key) else { return [:] }
        guard let fields = field.value.objectValue else { throw field.failure("a mapping") }
        return try Dictionary(uniqueKeysWithValues: fields.keys.map { ($0, try field.texts($0)) })
    }

    /// A list of named entries as a dictionary. Duplicate names are an error, as in kubectl.
    func named<Entry>(_ key: String, _ inner: String, _ read: (ConfigurationReader) throws -> Entry) throws -> [String: Entry] {
        var entries: [String: Entry] = [:]
        for element in try list(key) {
            guard let name = try element.text("name") else { throw element.failure("a name") }
            let content = try element.field(inner) ?? ConfigurationReader(value: .object([:]), path: "\(element.path).\(inner)")
            guard entries.updateValue(try read(content), forKey: name) == nil else {
                throw KubernetesError(.configuration, "\(element.path): the name '\(name)' is given twice")
            }
        }
        return entries
    }
}
