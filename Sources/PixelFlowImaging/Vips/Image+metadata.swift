import CVips

extension Image {
    /// An integer of the header; nil where the file has none.
    func integer(_ field: String) -> Int? {
        guard vips_image_get_typeof(pointer, field) != 0 else { return nil }
        var value: Int32 = 0
        guard vips_image_get_int(pointer, field, &value) == 0 else {
            vips_error_clear()
            return nil
        }
        return Int(value)
    }

    func integers(_ field: String) -> [Int] {
        guard vips_image_get_typeof(pointer, field) != 0 else { return [] }
        var start: UnsafeMutablePointer<Int32>?
        var count: Int32 = 0
        guard vips_image_get_array_int(pointer, field, &start, &count) == 0, let start else {
            vips_error_clear()
            return []
        }
        return UnsafeBufferPointer(start: start, count: Int(count)).map(Int.init)
    }

    func withBlob<Output>(_ field: String, _ body: (UnsafeRawBufferPointer) -> Output) -> Output? {
        guard vips_image_get_typeof(pointer, field) != 0 else { return nil }
        var start: UnsafeRawPointer?
        var count = 0
        guard vips_image_get_blob(pointer, field, &start, &count) == 0, let start else {
            vips_error_clear()
            return nil
        }
        return body(UnsafeRawBufferPointer(start: start, count: count))
    }

    /// A copy that shares the pixels and whose metadata `body` may change.
    func withMetadata(_ body: (UnsafeMutablePointer<VipsImage>) -> Void) throws -> Image {
        let copy = try applying("copy")
        body(copy.pointer)
        return copy
    }

    func setting(_ field: String, _ value: Int) throws -> Image {
        try withMetadata { vips_image_set_int($0, field, Int32(clamping: value)) }
    }

    func removing(_ fields: [String]) throws -> Image {
        try withMetadata { copy in
            for field in fields { vips_image_remove(copy, field) }
        }
    }
}
