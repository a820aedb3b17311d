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

    /// This image where it has none of `fields`, otherwise a copy without them.
    func removing(_ fields: [String]) throws -> Image {
        let present = fields.filter { vips_image_get_typeof(pointer, $0) != 0 }
        guard !present.isEmpty else { return self }
        return try withMetadata { copy in
            for field in present { vips_image_remove(copy, field) }
        }
    }
}
