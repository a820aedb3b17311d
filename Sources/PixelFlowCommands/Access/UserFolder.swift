import Terminal

/// The folders of one user.
package enum UserFolder {
    /// A folder in a directory defined by the environment.
    ///
    /// - Parameters:
    ///   - variable: such as `XDG_CONFIG_HOME`.
    ///   - directory: the directory in the user's home without that variable.
    /// - Throws: `CommandError` if the environment defines neither.
    package static func path(_ environment: [String: String], variable: String, inHome directory: String, _ name: String) throws -> String {
        if let base = environment[variable], base.hasPrefix("/") { return "\(base)/\(name)" }
        if let home = environment["HOME"], !home.isEmpty { return "\(home)/\(directory)/\(name)" }
        throw CommandError(.usage, "there is nowhere to keep files", hint: "set HOME or \(variable)")
    }
}
