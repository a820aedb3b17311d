extension Text {
    /// An unbreakable word, or the spaces between two words.
    private struct Piece {
        var text: Text
        var isSpace: Bool
    }

    /// Wraps between words into lines that fit a width.
    /// - Parameters:
    ///   - indent: Of every line but the first; nil for that of the first line plus two.
    ///   - cutsWords: Whether a word that is longer than the width gets an ellipsis; otherwise it stays whole, so that
    ///     it can be copied.
    package func wrapped(to limit: Int, indent: Int? = nil, cutsWords: Bool = false) -> [Text] {
        guard width > limit else { return [self] }
        let margin = Text(String(repeating: " ", count: indent ?? plain.prefix { $0 == " " }.count + 2))
        var lines: [Text] = []
        var line: Text = ""
        var gap: Text = ""
        var hasWord = false
        for piece in pieces() {
            if piece.isSpace {
                gap += piece.text
                continue
            }
            let word = cutsWords ? piece.text.truncated(to: limit, inMiddle: true) : piece.text
            if hasWord, line.width + gap.width + word.width > limit {
                lines.append(line)
                line = margin + word
            } else {
                line += gap + word
            }
            gap = ""
            hasWord = true
        }
        return lines + [line]
    }

    private func pieces() -> [Piece] {
        var pieces: [Piece] = []
        for span in spans {
            for part in span.text.parted(where: { ($0 == " ") != ($1 == " ") }) {
                let piece = Piece(text: Text(part, span.style), isSpace: part.first == " ")
                if let last = pieces.last, last.isSpace == piece.isSpace {
                    pieces[pieces.count - 1].text += piece.text
                } else {
                    pieces.append(piece)
                }
            }
        }
        return pieces
    }
}

extension String {
    /// Splits wherever the closure returns true for two neighbouring characters.
    fileprivate func parted(where differ: (Character, Character) -> Bool) -> [String] {
        var parts: [String] = []
        for character in self {
            if let last = parts.last?.last, !differ(last, character) {
                parts[parts.count - 1].append(character)
            } else {
                parts.append(String(character))
            }
        }
        return parts
    }
}
