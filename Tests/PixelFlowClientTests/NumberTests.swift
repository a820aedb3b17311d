import PixelFlowClient
import Testing

/// Numbers of a service that no service should send.
@Suite struct NumberTests {
    @Test(arguments: [("1e300", 3_162_240_000), ("-1e300", 0), ("-5", 0), ("60", 60), ("1.5", 1)])
    func aLifetimeIsBounded(seconds: String, expected: Int64) async throws {
        try await ScriptedServer.run { _, _ in
            .response(200, #"{"token":"t","expires_in":\#(seconds)}"#)
        } _: { client, _ in
            let login = try await client.logIn(email: "ada@example.org", password: "p")
            #expect(login.expiresIn.components.seconds == expected)
        }
    }

    @Test(arguments: [("1e300", 1.0), ("-1e300", 0), ("0.5", 0.5)])
    func progressIsAFraction(progress: String, expected: Double) async throws {
        try await ScriptedServer.run { _, _ in
            .response(200, #"{"id":"1","status":"PROCESSING","progress":\#(progress)}"#)
        } _: { client, _ in
            let found = try await client.task("1").progress
            #expect(found == expected)
        }
    }
}
