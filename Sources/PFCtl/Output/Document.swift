import KubernetesClient

/// All that a command has to say on stdout, for people and for programs. `DocumentRenderer` is the one
/// place that makes text of it.
struct Document: Sendable {
    enum Block: Sendable, Hashable {
        /// Sentences, which are wrapped where the terminal is narrow.
        case lines([Text])
        /// Lines that are to be copied as they are, such as those of a file.
        case verbatim(String)
        case table(Table)
        /// Names with values, one a line.
        case fields([Field])
    }

    struct Field: Sendable, Hashable {
        var name: String
        var value: Text

        init(_ name: String, _ value: Text) {
            self.name = name
            self.value = value
        }
    }

    /// For `-o table` and `wide`, with a blank line between them.
    var blocks: [Block]
    /// For `-o json` and `yaml`.
    var data: JSONValue
    /// For `-o name`, as `deployment.apps/pixelflow-api`.
    var names: [String]

    init(_ blocks: [Block], data: JSONValue, names: [String] = []) {
        self.blocks = blocks
        self.data = data
        self.names = names
    }

    /// One sentence about one object: what most changes come to.
    static func message(_ text: Text, data: JSONValue, names: [String] = []) -> Document {
        Document([.lines([text])], data: data, names: names)
    }
}
