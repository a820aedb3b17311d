import WireFormats

extension String {
    /// Checks a text that a client has chosen for people, such as a name or a description: it ends up in subjects of mail, logs and tables.
    ///
    /// - Throws: `invalid_value` with the name of the field.
    package func requireSingleLine(_ field: String) throws(PixelFlowError) {
        guard isSingleLine else { throw .invalid(field, "\(field) must not have control characters or line breaks.") }
    }
}
