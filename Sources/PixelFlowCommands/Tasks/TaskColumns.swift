package import PixelFlowClient
package import Terminal

extension ImageTask: ListItem {
    package var reference: String { Self.reference(id) }
    /// Its URL or the file name.
    package var sourceName: String { source ?? "an upload" }

    package var errorField: Document.Field? {
        error.map { .init("error", Text($0.code, .bad) + Text(": \($0.message)")) }
    }
}

extension ImageTask.Status {
    package var text: Text { Text(rawValue, style) }

    package var style: Text.Style {
        switch self {
        case .completed: .good
        case .failed: .bad
        case .cancelled: .faint
        default: .plain
        }
    }
}

extension ListColumn where Item == ImageTask {
    package static var id: Self { .init(.init("ID")) { task, _ in Text(task.id) } }
    package static var status: Self { .init(.init("STATUS")) { task, _ in task.status.text } }
    package static var attempts: Self { .init(.init("ATTEMPTS", .right, spare: .early)) { task, _ in Text(task.attempts) } }
    package static var age: Self { .init(.init("AGE", .right, spare: .late)) { .age(of: $0.createdAt, at: $1) } }
    package static var updated: Self { .init(.init("UPDATED", .right, wide: true)) { .age(of: $0.updatedAt, at: $1) } }
    package static var error: Self { .init(.init("ERROR", wide: true)) { task, _ in Text(task.error?.code ?? "") } }
    package static var source: Self { .init(.init("SOURCE", cut: .middle)) { task, _ in Text(task.sourceName) } }
}

/// An image in words.
package enum ImageText {
    /// `jpeg 1600×900, 120 kB`, as far as it is known.
    package static func summary(format: String?, width: Int?, height: Int?, bytes: Int?) -> String {
        let size = if let width, let height { " \(width)×\(height)" } else { "" }
        return (format ?? "") + size + (bytes.map { ", \($0 / 1_000 + ($0 % 1_000 > 0 ? 1 : 0)) kB" } ?? "")
    }
}
