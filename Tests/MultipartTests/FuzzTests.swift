import Multipart
import NIOCore
import TestSupport
import Testing

/// Random forms come out as they went in; random damage ends in an error or a form, never in a crash.
@Suite struct FuzzTests {
    /// Bytes that are likely to confuse: pieces of boundaries among noise.
    static func body(_ random: inout SeededGenerator) -> [UInt8] {
        let pieces = ["\r", "\n", "\r\n", "--", "-", "b0undary", "b0undar", "\r\n--b0undar", "\r\n--b0undaryX", "\u{0}", " "]
        return (0..<Int.random(in: 0..<60, using: &random)).flatMap { _ -> [UInt8] in
            Bool.random(using: &random)
                ? [UInt8.random(in: .min ... .max, using: &random)]
                : Array(pieces.randomElement(using: &random)?.utf8 ?? "".utf8)
        }
    }

    static func containsBoundaryLine(_ body: [UInt8]) -> Bool {
        // The line end of the header counts as the one before a boundary.
        let text = Array("\r\n".utf8) + body + Array("\r\n".utf8)
        let delimiter = Array("\r\n--b0undary".utf8)
        return text.indices.contains { start in
            guard text[start...].starts(with: delimiter) else { return false }
            let rest = text[(start + delimiter.count)...]
            let unpadded = rest.drop { $0 == UInt8(ascii: " ") }
            return rest.starts(with: Array("--".utf8)) || unpadded.first == UInt8(ascii: "\r") || unpadded.first == UInt8(ascii: "\n")
        }
    }

    static func split(_ bytes: [UInt8], _ random: inout SeededGenerator) -> [ByteBuffer] {
        var rest = bytes[...]
        var chunks: [ByteBuffer] = []
        while !rest.isEmpty {
            let chunk = rest.prefix(Int.random(in: 0...40, using: &random))
            rest = rest.dropFirst(chunk.count)
            chunks.append(ByteBuffer(bytes: chunk))
        }
        return chunks
    }

    static func document(_ bodies: [[UInt8]]) -> [UInt8] {
        bodies.enumerated().flatMap { index, body in
            Array("--b0undary\r\nContent-Disposition: form-data; name=\"\(index)\"\r\n\r\n".utf8) + body + Array("\r\n".utf8)
        } + Array("--b0undary--\r\n".utf8)
    }

    @Test(arguments: 0..<20)
    func randomFormsAreReassembled(seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed))
        for _ in 0..<50 {
            let bodies = (0..<Int.random(in: 0...4, using: &random)).map { _ in Self.body(&random) }
            guard !bodies.contains(where: Self.containsBoundaryLine) else { continue }
            let form = try CollectedForm(Self.split(Self.document(bodies), &random))
            #expect(form.parts.map { Array($0.body.readableBytesView) } == bodies)
            #expect(form.isFinished)
        }
    }

    @Test(arguments: 0..<20)
    func damagedFormsDoNotCrashAndSplitsChangeNothing(seed: Int) {
        var random = SeededGenerator(seed: UInt64(1000 + seed))
        for _ in 0..<50 {
            var document = Self.document((0..<3).map { _ in Self.body(&random) })
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let position = Int.random(in: document.indices, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: document[position] = UInt8.random(in: .min ... .max, using: &random)
                case 1: document.remove(at: position)
                default: document.insert(contentsOf: Self.body(&random), at: position)
                }
            }
            let whole = Self.outcome([ByteBuffer(bytes: document)])
            #expect(Self.outcome(Self.split(document, &random)) == whole)
        }
    }

    static func outcome(_ chunks: [ByteBuffer]) -> String {
        do { return "\(try CollectedForm(chunks).parts.map { ($0.head, Array($0.body.readableBytesView)) })" } catch { return "\(error)" }
    }
}
