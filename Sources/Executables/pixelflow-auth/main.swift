import Logging
import PixelFlowAuth
import PixelFlowCore
import PixelFlowHTTP
import PixelFlowPostgres
import PixelFlowRuntime
import ServiceLifecycle

await ServiceCommand(
    name: "pixelflow-auth", summary: "registration, login, tokens and the keys to verify them, on PostgreSQL.",
    port: ListenSettings.authPort,
    settings: PostgresSettings.descriptions + AuthSettings.descriptions
).run { settings, listen, logger in
    let store = try PostgresUserStore(settings: PostgresSettings(settings), logger: logger)
    let auth = try AuthService(store: store, settings: try AuthSettings(settings), logger: logger)
    let drain = DrainState()
    return ServiceGroup(
        running: [
            ClosingService { await store.shutDown() },
            listen.server("auth", auth.router(drain: drain), onReady: listen.announce("auth")),
            DrainService(drain),
        ], logger: logger)
}
