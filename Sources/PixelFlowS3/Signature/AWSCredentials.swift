/// Who signs a request. Never prints its secrets.
package struct AWSCredentials: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
    package var accessKey: String
    package var secretKey: String
    /// Of temporary credentials.
    package var sessionToken: String?

    package init(accessKey: String, secretKey: String, sessionToken: String? = nil) {
        self.accessKey = accessKey
        self.secretKey = secretKey
        self.sessionToken = sessionToken
    }

    package var description: String { "AWSCredentials(\(accessKey.prefix(4))…)" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
