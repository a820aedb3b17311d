import Terminal
import WireFormats

/// The result of a backup or a restore.
enum BackupReport {
    /// - Parameters:
    ///   - title: includes the folder.
    ///   - more: further fields of JSON output.
    static func document(_ title: String, _ manifest: BackupManifest, more: [String: JSONValue] = [:]) -> Document {
        var data = manifest.json
        for (key, value) in more { data[key] = value }
        return Document(
            [
                .unwrapped([Text(title, .strong)]),
                .fields([
                    .init("accounts", Text("\(manifest.accounts.rows) rows, \(ByteText.of(manifest.accounts.bytes))")),
                    .init("tasks", Text("\(manifest.tasks.rows) rows, \(ByteText.of(manifest.tasks.bytes)), \(manifest.tasks.form)")),
                    .init("objects", Text("\(manifest.objects.count), \(ByteText.of(manifest.objects.bytes))")),
                    .init("taken", Text("\(manifest.time) of release \(manifest.accounts.release)")),
                ]),
            ], data: data, names: [manifest.id])
    }
}
