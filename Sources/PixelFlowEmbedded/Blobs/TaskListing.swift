import Files
import Foundation
import PixelFlowCore

/// Lists the folders of tasks in the order of their keys, page after page.
///
/// What cannot be the folder of an organisation, such as `lost+found`, is skipped. A folder that cannot be read is an error: a list without
/// it would look like one without its objects, to a backup and to the sweep of orphans.
///
/// A page continues where the one before it ended, so a sweep reads each folder once for every `window` names, however small its
/// pages are.
struct TaskListing {
    private let root: String
    /// The maximum number of names of a folder in memory; while it is read, twice as many.
    private let window: Int
    private var tenants: FolderWindow
    /// By tenant. The next page may begin anywhere in this one, if it is merged with objects from elsewhere.
    private var tasks: [String: FolderWindow] = [:]

    init(root: String, window: Int) {
        self.root = root
        self.window = window
        tenants = Self.tenants(root, window)
    }

    /// A slash follows the names in keys: `t-1/…` comes before `t/…`.
    private static func tenants(_ root: String, _ window: Int) -> FolderWindow {
        FolderWindow(path: root, capacity: window) { $0 + "/" < $1 + "/" }
    }

    mutating func page(after previous: BlobKey?, limit: Int) throws -> [BlobKey] {
        // A new sweep, which must see what was stored since the last one.
        if previous == nil { (tenants, tasks) = (Self.tenants(root, window), [:]) }
        let parts = previous.map { $0.rawValue.split(separator: "/", maxSplits: 1).map(String.init) } ?? []
        var found: [BlobKey] = []
        var tenant = parts.first
        var task = parts.count > 1 ? parts[1] : ""
        if let tenant {
            tenants.drop(upTo: tenant)
            tasks = tasks.filter { $0.key + "/" >= tenant + "/" }
            tasks[tenant]?.drop(upTo: task)
        } else {
            tenant = try tenants.next(after: nil)
        }
        while let current = tenant, found.count < limit {
            found += try folders(of: current, after: task, limit: limit - found.count)
            guard found.count < limit else { break }
            task = ""
            tenant = try tenants.next(after: current)
        }
        return found
    }

    private mutating func folders(of tenant: String, after task: String, limit: Int) throws -> [BlobKey] {
        let path = root + "/" + tenant
        // Removed in between, so that it is changed in place.
        var folder = tasks.removeValue(forKey: tenant) ?? FolderWindow(path: path, capacity: window, precedes: <)
        defer { tasks[tenant] = folder }
        var found: [BlobKey] = []
        var last = task.isEmpty ? nil : task
        while found.count < limit, let name = try folder.next(after: last) {
            last = name
            // It may have been removed since the folder was read.
            if FileManager.default.fileExists(atPath: path + "/" + name) { found.append(BlobKey(rawValue: tenant + "/" + name)) }
        }
        return found
    }
}

/// The names in a folder in order, of which a bounded number is in memory. Names that no key contains are skipped.
private struct FolderWindow {
    let path: String
    private let capacity: Int
    private let precedes: @Sendable (String, String) -> Bool
    /// Sorted: all names after `start`, up to the last one here.
    private var names: [String] = []
    private var start: String?
    private var isRead = false
    /// Whether no name follows the last one.
    private var isLast = false

    init(path: String, capacity: Int, precedes: @escaping @Sendable (String, String) -> Bool) {
        self.path = path
        self.capacity = capacity
        self.precedes = precedes
    }

    /// The first name after `name`; nil if there is none.
    mutating func next(after name: String?) throws -> String? {
        if !covers(name) { try read(after: name) }
        if let found = first(after: name) { return found }
        if isLast { return nil }
        try read(after: name)
        return names.first
    }

    /// Forgets names that no later page needs.
    mutating func drop(upTo name: String) {
        guard covers(name) else { return }
        names.removeFirst(index(after: name))
        start = name
    }

    /// Whether the names here are complete from `name` on.
    private func covers(_ name: String?) -> Bool {
        guard isRead else { return false }
        guard let start else { return true }
        return name.map { !precedes($0, start) } ?? false
    }

    private func first(after name: String?) -> String? {
        guard let name else { return names.first }
        let index = index(after: name)
        return index < names.count ? names[index] : nil
    }

    private func index(after name: String) -> Int {
        var (low, high) = (0, names.count)
        while low < high {
            let middle = (low + high) / 2
            if precedes(name, names[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }

    private mutating func read(after name: String?) throws {
        names = []
        (start, isRead, isLast) = (name, true, true)
        guard let folder = opendir(path) else {
            // It may have been removed since its name was read, or it is a file, which is not an object.
            if errno == ENOENT || errno == ENOTDIR { return }
            throw FileError.current("opendir", path)
        }
        defer { closedir(folder) }
        while let entry = try Self.entry(of: folder, path) {
            let found = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: $0.pointee)) { String(cString: $0) }
            }
            guard BlobKey.canContain(found), name.map({ precedes($0, found) }) ?? true else { continue }
            names.append(found)
            if names.count == 2 * capacity { keepFirst() }
        }
        keepFirst()
    }

    /// The next entry; nil after the last one.
    private static func entry(of folder: OpaquePointer, _ path: String) throws -> UnsafeMutablePointer<dirent>? {
        // Only `errno` distinguishes a failure from the end.
        errno = 0
        let entry = readdir(folder)
        if entry == nil, errno != 0 { throw FileError.current("readdir", path) }
        return entry
    }

    private mutating func keepFirst() {
        names.sort(by: precedes)
        guard names.count > capacity else { return }
        names.removeSubrange(capacity...)
        isLast = false
    }
}
