/// What the server of the tests says.
enum FakeData {
    static let doneID = "019706d2-7c3e-7000-8000-00000000000a"
    static let failedID = "019706d2-7c3e-7000-8000-00000000000c"
    private static let runningID = "019706d2-7c3e-7000-8000-00000000000d"

    static let pipeline = #"{"outputs":[{"name":"small","format":"webp","operations":[{"op":"resize","width":320}]},{"name":"large"}]}"#

    static let done = task(
        doneID, "COMPLETED",
        #"""
        "image_url":"https://images.example/holiday/2026/05/beach-at-sunset-panorama.png","preset":"web","progress":1,"outputs":[
        {"name":"small","status":"COMPLETED","format":"webp","width":320,"height":240,"bytes":21,"sha256":"\#(sha256)"},
        {"name":"fallback","status":"COMPLETED","format":"jpeg","width":1600,"height":1200,"bytes":21,"sha256":"\#(sha256)"}]
        """#, created: "11:20")
    static let failed = task(
        failedID, "FAILED",
        #"""
        "upload":{"filename":"notes.txt"},"progress":0.5,
        "error":{"code":"not_an_image","message":"The bytes are of no image format that PixelFlow reads: text/plain."},
        "outputs":[{"name":"small","status":"FAILED","error":{"code":"render_failed","message":"The render process ended early."}}]
        """#, created: "11:30")
    static let running = task(
        runningID, "PROCESSING", #""upload":{"filename":"DSC_0042 with a rather long name of its own.jpg"},"progress":0.25"#,
        created: "11:59")
    static let tasks = [running, failed, done]

    static let events = """
        id: 1-a-1
        event: task
        data: \(running)

        : a heartbeat

        id: 1-a-2
        event: task_deleted
        data: {"id":"\(failedID)"}


        """

    static func list(_ tasks: [String]) -> String { #"{"tasks":[\#(tasks.joined(separator: ","))],"next_cursor":null}"# }

    static func preset(_ name: String) -> String {
        let priority = name == "web" ? "" : #""priority":"low","#
        return #"{"name":"\#(name)","built_in":\#(name == "web"),\#(priority)"pipeline":\#(pipeline)}"#
    }

    /// Of `FakeServer.image`.
    private static let sha256 = "c4cb58a7ced38a9c5f95c3035efa9e5a0d1be6bf7c28dc83377398eef1632ad4"

    private static func task(_ id: String, _ status: String, _ more: String, created: String) -> String {
        let fields = more.replacing("\n", with: "")
        return #"{"id":"\#(id)","status":"\#(status)",\#(fields),"attempts":1,"created_at":"2026-05-01T\#(created):00Z"}"#
    }

    static let batchID = "019706d2-7c3e-7000-8000-0000000000e5"

    static func batch(_ status: String) -> String {
        """
        {"id":"\(batchID)","description":"2 images","priority":"low","status":"\(status)","created_at":"2026-05-01T11:58:00Z",
        "counts":{"total":2,"pending":0,"processing":0,"completed":1,"failed":1,"cancelled":0}}
        """
    }

    static let userID = "019706d2-7c3e-7000-8000-0000000000a1"
    static let teamID = "019706d2-7c3e-7000-8000-0000000000c3"
    static let identity = """
        {"valid":true,"user_id":"\(userID)","email":"ada@example.com","tenant":"\(teamID)","role":"admin","scope":"tasks:read",
        "expires_at":"2026-05-02T12:00:00Z"}
        """
    static let organisations = """
        {"organisations":[
        {"id":"\(userID)","name":"ada@example.com","personal":true,"role":"owner","created_at":"2026-04-20T12:00:00Z"},
        {"id":"\(teamID)","name":"Holiday pictures","personal":false,"role":"admin","created_at":"2026-04-21T12:00:00Z"}]}
        """

    static func key(secret: String = "") -> String {
        """
        {"id":"019706d2-7c3e-7000-8000-0000000000d4","name":"site","hint":"x7Qa","scopes":["tasks:read"],"networks":[],
        "created_by":"\(userID)","created_at":"2026-04-28T12:00:00Z","last_used_at":"2026-05-01T11:58:00Z"\(secret)}
        """
    }
}
