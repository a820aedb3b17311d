import Foundation
import Testing
import WireFormats

@testable import PixelFlowCore

/// Properties of all declared operations, including future ones.
@Suite struct OperationDeclarations {
    @Test(arguments: ImageOperation.all.map { $0.name })
    func examplesAreValidAndRoundTrip(name: String) throws {
        let type = try #require(ImageOperation.all.first { $0.name == name })
        guard case .object(let schema) = type.schema, case .object(var example)? = schema["example"] else {
            Issue.record("no example")
            return
        }
        example["op"] = .string(name)
        // The editor's user selects the picture of a watermark.
        if example["image"] == "" { example["image"] = "01890a5d-ac96-774b-bcce-b302099a8057" }
        let read = try ImageOperation(.object(example), path: "x")
        #expect(read.name == name && read.json == .object(example))
    }

    @Test func namesAreUniqueAndFollowJSONConventions() {
        let allowed = CharacterSet(charactersIn: "abcdefghijklmnopqrstuvwxyz0123456789_")
        #expect(Set(ImageOperation.all.map { $0.name }).count == ImageOperation.all.count)
        for operation in ImageOperation.all {
            let names = operation.parameterNames
            #expect(Set(names).count == names.count && !names.contains("op"), "\(operation.name)")
            for name in names + [operation.name] {
                #expect(!name.isEmpty && name.unicodeScalars.allSatisfy(allowed.contains), "\(operation.name) \(name)")
            }
        }
    }

    /// Defaults must be in range, because editors show them and people may write them explicitly.
    @Test func explicitDefaultsChangeNothing() throws {
        for operation in ImageOperation.all {
            let short = try operation.example
            guard case .object(var members) = short.json else { continue }
            for (name, value) in operation.writtenDefaults where members[name] == nil { members[name] = value }
            #expect(try ImageOperation(.object(members), path: "x") == short, "\(operation.name)")
        }
    }

    @Test func operationsOfDifferentKindsDiffer() {
        #expect(ImageOperation.flip != .flop && ImageOperation.flip == .flip)
        #expect(ImageOperation.blur(.init()) != .blur(.init(sigma: 2)) && ImageOperation.blur(.init()) == .blur(.init(sigma: 1)))
    }
}

extension OperationParameters {
    fileprivate static var parameterNames: [String] { declaration.parameters.parameters.map(\.key) }

    fileprivate static var writtenDefaults: [(String, JSONValue)] {
        declaration.parameters.parameters.compactMap { parameter in
            parameter.isRequired ? nil : parameter.json(declaration.parameters.defaults).map { (parameter.key, $0) }
        }
    }

    fileprivate static var example: ImageOperation {
        get throws {
            var members = declaration.parameters.members(of: declaration.example)
            if members["image"] == "" { members["image"] = "01890a5d-ac96-774b-bcce-b302099a8057" }
            return try ImageOperation(.object(members.merging(["op": .string(name)]) { $1 }), path: "x")
        }
    }
}

/// The documentation matches the declarations. `scripts/docs` updates it.
@Suite struct PipelineDocumentation {
    private let page = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../docs/pipelines.md")

    @Test func tablesAreCurrent() throws {
        let text = try String(contentsOf: page, encoding: .utf8)
        let tables = PipelineTables()
        let renewed = try renewed(try renewed(text, "operations", tables.operations), "outputs", tables.outputs)
        if ProcessInfo.processInfo.environment["PIXELFLOW_RENEW_TABLES"] != nil {
            try renewed.write(to: page, atomically: true, encoding: .utf8)
        } else {
            #expect(text == renewed, "docs/pipelines.md is not what the declarations say: run scripts/docs")
        }
    }

    /// The text with `table` between the comments with this name.
    private func renewed(_ text: String, _ name: String, _ table: String) throws -> String {
        let start = try #require(text.range(of: "<!-- \(name): scripts/docs -->\n"))
        let end = try #require(text.range(of: "\n<!-- /\(name) -->", range: start.upperBound..<text.endIndex))
        return text.replacingCharacters(in: start.upperBound..<end.lowerBound, with: table)
    }
}
