import Foundation
import Hummingbird
import HummingbirdTesting
import PixelFlowCore
import Testing
import WireFormats

@testable import PixelFlowAPI

/// The description of the api, as it is served.
@Suite struct DescriptionTests {
    private func description() async throws -> JSONValue {
        try await APIStack.run { stack in
            let response = try await stack.client.execute(uri: "/openapi.json", method: .get)
            #expect(response.status == .ok)
            #expect(response.headers[.eTag] != nil)
            return try JSONValue(parsing: response.body.readableBytesView)
        }
    }
}
