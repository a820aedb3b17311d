package import HTTPTypes
package import PixelFlowCore

/// An error whose response has additional header fields.
package struct HeaderedError: Error, CustomStringConvertible {
    package let error: PixelFlowError
    package let headers: HTTPFields

    package init(_ error: PixelFlowError, headers: HTTPFields) {
        self.error = error
        self.headers = headers
    }

    package var description: String { error.description }
}
