extension ForwardedService {
    /// Lets a body talk to a service, and closes the port afterwards, whatever comes of it.
    static func using<Result: Sendable>(
        _ target: Target, in session: Session, token: String?, _ body: (ForwardedService) async throws -> Result
    ) async throws -> Result {
        let service = try await open(target, session: session, token: token)
        do {
            let result = try await body(service)
            await service.close()
            return result
        } catch {
            await service.close()
            throw error
        }
    }
}
