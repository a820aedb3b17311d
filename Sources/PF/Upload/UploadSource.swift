import Crypto
import PixelFlowClient
import WireFormats

/// An image given on the command line.
struct UploadSource: Sendable, Hashable {
    /// A path or a URL.
    let name: String
    /// The prefix of its outputs' names, unique within a run.
    let stem: String

    var isURL: Bool { HTTPURL.isOne(name) }
    var source: Upload.Source { isURL ? .url(name) : .file(name) }

    static func list(_ names: [String]) -> [UploadSource] {
        var taken: Set<String> = []
        return names.map { name in
            let stem = stem(of: name)
            var (unique, number) = (stem, 1)
            // A file may have the same name as the numbered name of another.
            while !taken.insert(unique).inserted {
                number += 1
                unique = "\(stem)-\(number)"
            }
            return UploadSource(name: name, stem: unique)
        }
    }

    /// The last path component without its extension.
    private static func stem(of name: String) -> String {
        let path = name.prefix { $0 != "?" && $0 != "#" }
        let last = path.split(separator: "/").last.map(String.init) ?? ""
        guard let dot = last.lastIndex(of: "."), dot > last.startIndex else { return last.isEmpty ? "image" : last }
        return String(last[..<dot])
    }

    /// Equal if and only if the bytes or the URL, and the options of the upload, are the same.
    func key(of upload: Upload) async throws -> String {
        let content = isURL ? "url \(name)" : "bytes \(try await FileDigest.sha256(ofFile: name))"
        // Absent options add no line, so that keys do not change when an option is introduced.
        let lines = [
            content, upload.processing.canonicalText, upload.priority.map { "priority \($0.rawValue)" },
            upload.webhookURL.map { "webhook \($0)" },
        ]
        return "pf-" + SHA256.hash(data: Array(lines.compactMap(\.self).joined(separator: "\n").utf8)).hexadecimal
    }
}

extension Upload.Processing {
    fileprivate var canonicalText: String {
        switch self {
        case .standard: "standard"
        case .preset(let name): "preset \(name)"
        case .pipeline(let pipeline): "pipeline \(pipeline.text())"
        }
    }
}
