import CVips

extension Image {
    /// An integer header field; nil if the image does not have it.
    func integer(_ field: String) -> Int? {
        guard vips_image_get_typeof(pointer, field) != 0 else { return nil }
        var value: Int32 = 0
        guard vips_image_get_int(pointer, field, &value) == 0 else {
            VipsError.discard()
            return nil
        }
        return Int(value)
    }

    func integers(_ field: String) -> [Int] {
        guard vips_image_get_typeof(pointer, field) != 0 else { return [] }
        var start: UnsafeMutablePointer<Int32>?
        var count: Int32 = 0
        guard vips_image_get_array_int(pointer, field, &start, &count) == 0, let start else {
            VipsError.discard()
            return []
        }
        return UnsafeBufferPointer(start: start, count: Int(count)).map(Int.init)
    }

    func withBlob<Output>(_ field: String, _ body: (UnsafeRawBufferPointer) -> Output) -> Output? {
        guard vips_image_get_typeof(pointer, field) != 0 else { return nil }
        var start: UnsafeRawPointer?
        var count = 0
        guard vips_image_get_blob(pointer, field, &start, &count) == 0, let start else {
            VipsError.discard()
            return nil
        }
        return body(UnsafeRawBufferPointer(start: start, count: count))
    }

    /// A copy that shares the pixels, and whose metadata `body` may change.
    func withMetadata(_ body: (UnsafeMutablePointer<VipsImage>) -> Void) throws -> Image {
        let copy = try applying("copy")
        body(copy.pointer)
        return copy
    }

    /// Pixels per millimetre.
    var resolution: (x: Double, y: Double) { (vips_image_get_xres(pointer), vips_image_get_yres(pointer)) }

    func has(_ field: String) -> Bool { vips_image_get_typeof(pointer, field) != 0 }

    func remove(_ field: String) { vips_image_remove(pointer, field) }

    func set(_ field: String, _ bytes: [UInt8]) { vips_image_set_blob_copy(pointer, field, bytes, bytes.count) }

    /// Gives this image its own copies of its profile, EXIF and other blobs. Images derived from one another share them, and
    /// libvips' HEIF loader keeps them in memory that is freed with the opened image.
    func copyBlobs() {
        // libvips reads the fields of EXIF whenever the block is set. A loader may have dropped its orientation on purpose: in HEIF files,
        // only the properties `irot` and `imir` count, which the loader has applied.
        let orientation = integer("orientation")
        defer {
            if let orientation {
                vips_image_set_int(pointer, "orientation", Int32(orientation))
            } else {
                remove("orientation")
            }
        }
        guard let names = vips_image_get_fields(pointer) else { return VipsError.discard() }
        defer { g_strfreev(names) }
        var next = names
        while let name = next.pointee {
            next += 1
            var start: UnsafeRawPointer?
            var count = 0
            guard vips_image_get_typeof(pointer, name) == vips_blob_get_type() else { continue }
            guard vips_image_get_blob(pointer, name, &start, &count) == 0, let start else { continue }
            vips_image_set_blob_copy(pointer, name, start, count)
        }
    }

    /// A copy that shares the pixels and has only the metadata fields that `isAllowed` accepts.
    ///
    /// - Parameter resolution: pixels per millimetre; nil keeps the image's own.
    func carrying(resolution: Double?, _ isAllowed: (String) -> Bool) throws -> Image {
        let copy = try resolution.map { try applying("copy", ["xres": .number($0), "yres": .number($0)]) } ?? applying("copy")
        guard let names = vips_image_get_fields(copy.pointer) else { throw VipsError.taken() }
        defer { g_strfreev(names) }
        var next = names
        while let name = next.pointee {
            // Pass the unconverted name: it comes from the file and may not be UTF-8. Fields that describe the pixels
            // are listed too, but cannot be removed.
            if !isAllowed(String(cString: name)) { vips_image_remove(copy.pointer, name) }
            next += 1
        }
        return copy
    }

    /// This image if it has none of `fields`, otherwise a copy without them.
    func removing(_ fields: [String]) throws -> Image {
        let present = fields.filter { vips_image_get_typeof(pointer, $0) != 0 }
        guard !present.isEmpty else { return self }
        return try withMetadata { copy in
            for field in present { vips_image_remove(copy, field) }
        }
    }
}
