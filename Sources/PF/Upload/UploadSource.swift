import Crypto
import PixelFlowClient
import WireFormats

/// An image that the command line names.
struct UploadSource: Sendable, Hashable {
    /// A path or a URL.
    let name: String
    /// What its outputs are called in front of their own names; no two of one run have the same.
    let stem: String

    var isURL: Bool { name.hasPrefix("http://") || name.hasPrefix("https://") }
    var source: Upload.Source { isURL ? .url(name) : .file(name) }

    static func list(_ names: [String]) -> [UploadSource] {
        var taken: Set<String> = []
        return names.map { name in
            let stem = stem(of: name)
            var (unique, number) = (stem, 1)
            // A file may be called what another one got for a number.
            while !taken.insert(unique).inserted {
                number += 1
                unique = "\(stem)-\(number)"
            }
            return UploadSource(name: name, stem: unique)
        }
    }

    /// The last part of its path without its extension.
    private static func stem(of name: String) -> String {
        let path = name.prefix { $0 != "?" && $0 != "#" }
        let last = path.split(separator: "/").last.map(String.init) ?? ""
        guard let dot = last.lastIndex(of: "."), dot > last.startIndex else { return last.isEmpty ? "image" : last }
        return String(last[..<dot])
    }

    /// The same for the same bytes, or the same URL, and the same options of the upload, and for nothing else.
    func key(of upload: Upload) async throws -> String {
        let content = isURL ? "url \(name)" : "bytes \(try await FileDigest.sha256(ofFile: name))"
        // What is absent adds no line: the key stays what it was before the option existed.
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
