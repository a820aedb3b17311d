import Files
import Foundation
import Testing

@Suite struct DraftFileTests {
    private static func inFolder(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "files-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    private static func names(_ folder: String) throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: folder).sorted() }

    @Test func replacesAFileOnceItIsComplete() throws {
        try Self.inFolder { folder in
            let target = folder + "/file"
            try Data("old".utf8).write(to: URL(filePath: target))
            let draft = try DraftFile(folder + "/draft", mode: 0o600)
            try draft.append(Array("not this".utf8))
            try draft.restart()
            try draft.append(Array("ne".utf8))
            try draft.append(Array("w".utf8))
            #expect(try String(contentsOfFile: target, encoding: .utf8) == "old")
            try draft.complete()
            try draft.rename(to: target)
            #expect(try String(contentsOfFile: target, encoding: .utf8) == "new")
            #expect(try FileManager.default.attributesOfItem(atPath: target)[.posixPermissions] as? Int == 0o600)
            let left = try Self.names(folder)
            #expect(left == ["file"])
        }
    }

    @Test func removesWhatIsNotCompleted() throws {
        try Self.inFolder { folder in
            do {
                let draft = try DraftFile(folder + "/draft", mode: 0o600)
                try draft.append([1, 2, 3])
                let during = try Self.names(folder)
                #expect(during == ["draft"])
            }
            let left = try Self.names(folder)
            #expect(left.isEmpty)
        }
    }

    @Test func leavesAnExistingFileAlone() throws {
        try Self.inFolder { folder in
            let path = folder + "/file"
            try Data("kept".utf8).write(to: URL(filePath: path))
            let error = #expect(throws: FileError.self) { _ = try DraftFile(path, mode: 0o600) }
            #expect(error?.code == EEXIST && error?.path == path)
            #expect(try String(contentsOfFile: path, encoding: .utf8) == "kept")
        }
    }

    @Test func cannotBeChangedOnceItIsComplete() throws {
        try Self.inFolder { folder in
            let file = try DraftFile(folder + "/file", mode: 0o600)
            try file.complete(isDurable: false)
            #expect(throws: FileError.self) { try file.append([1]) }
            #expect(throws: FileError.self) { try file.restart() }
        }
    }

    @Test func tellsThatAFolderIsMissing() throws {
        try Self.inFolder { folder in
            let draft = try DraftFile(folder + "/draft", mode: 0o600)
            try draft.complete()
            let error = #expect(throws: FileError.self) { try draft.rename(to: folder + "/none/file") }
            #expect(error?.isMissing == true)
            draft.discard()
            let left = try Self.names(folder)
            #expect(left.isEmpty)
        }
    }

    @Test func syncsFoldersThatExist() throws {
        try Self.inFolder { folder in
            try FileSystem.sync(folder: folder)
            #expect(throws: FileError.self) { try FileSystem.sync(folder: folder + "/none", isLenient: true) }
        }
    }

    @Test func theRoomOfAnEndlessFileSystemIsClamped() throws {
        #expect(DiskRoom(available: .max, size: .max, blockSize: 4096) == DiskRoom(available: .max, size: .max))
        let room = try DiskRoom(path: FileManager.default.temporaryDirectory.path)
        #expect(room.size > 0 && room.available <= room.size)
    }
}
