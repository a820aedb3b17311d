import Files
import WireFormats

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

extension Kubeconfig {
    /// Sets the current context in the file that defines it, or else in the first file that
    /// exists. Changes only that line of the file, and replaces the file atomically.
    /// - Returns: The changed file.
    /// - Throws: `KubernetesError` of kind `configuration` if there is no such context, or the file cannot be edited.
    @discardableResult
    public mutating func useContext(_ name: String) throws -> String {
        _ = try configuration(KubeconfigSelection(context: name))
        guard let destination else { throw KubernetesError(.configuration, "there is no kubeconfig to change") }
        let old = try Self.contents(of: destination)
        let new = Self.edited(old, context: name)
        let check = try? Kubeconfig(parsing: new, file: destination)
        let before = try Kubeconfig(parsing: old, file: destination)
        guard let check, check.currentContext == name, check.contexts == before.contexts else {
            throw KubernetesError(
                .configuration, "the line current-context of \(destination) cannot be changed", hint: "change it by hand")
        }
        try Self.replace(destination, with: new)
        currentContext = name
        return destination
    }

    private static func contents(of path: String) throws -> [UInt8] {
        do {
            return try ConfigurationFile.read(path)
        } catch {
            throw KubernetesError(.configuration, "the kubeconfig cannot be read: \(error)")
        }
    }

    private static func edited(_ contents: [UInt8], context name: String) -> [UInt8] {
        let line = "current-context: \(JSONValue.string(name).text())"
        var lines = String(decoding: contents, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        if let index = lines.firstIndex(where: { $0.hasPrefix("current-context:") }) {
            lines[index] = line
        } else {
            if lines.last == "" { lines.removeLast() }
            lines += [line, ""]
        }
        return Array(lines.joined(separator: "\n").utf8)
    }

    /// Writes a temporary file and renames it, with the permissions of the original, because it contains secrets.
    private static func replace(_ path: String, with contents: [UInt8]) throws {
        let real = realpath(path, nil)
        defer { free(real) }
        let target = real.map { String(cString: $0) } ?? path
        var status = stat()
        let mode = stat(target, &status) == 0 ? status.st_mode & 0o777 : 0o600
        let temporary = "\(target).\(getpid()).new"
        // Left behind by an earlier process with the same id.
        unlink(temporary)
        defer { unlink(temporary) }
        do throws(FileError) {
            let draft = try DraftFile(temporary, mode: mode)
            try draft.append(contents)
            try draft.complete()
            try draft.rename(to: target)
        } catch {
            throw KubernetesError(.configuration, "the kubeconfig \(target) cannot be written: \(error.reason)")
        }
    }
}
