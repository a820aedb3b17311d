import Foundation
import PixelFlowCore
import Testing

@testable import PixelFlowImaging

@Suite struct MetadataOfOutputs {
    private static let marker = Data("SECRET".utf8)
    private static let wideMarker = Data("SECRET".utf8.flatMap { [$0, 0] })

    private func tellsOfTheSource(_ data: Data) -> Bool {
        data.range(of: Self.marker) != nil || data.range(of: Self.wideMarker) != nil
    }

    private func outputs(_ profile: EncoderOptions.ColorProfile, strip: Bool = true) -> [OutputSpec] {
        ImageFormat.allCases.map {
            let encoder = EncoderOptions(effort: 0, chroma: .full, strip: strip, colorProfile: profile)
            return OutputSpec(name: $0.rawValue, format: .fixed($0), encoder: encoder)
        }
    }

    private func field(_ name: String, of data: Data) throws -> Data? {
        try data.withUnsafeBytes { bytes in
            try Load.open(bytes, try SourceFormat.sniffed(bytes), LoadOptions()).withBlob(name) { Data($0) }
        }
    }

    /// Every kind of metadata in every source format, for every output format and both colour profile options.
    @Test(arguments: PlantedFile.allCases, EncoderOptions.ColorProfile.allCases)
    func stripRemovesAllMetadata(file: PlantedFile, profile: EncoderOptions.ColorProfile) throws {
        let source = try file.made()
        #expect(tellsOfTheSource(source))
        let rendering = try render(source, outputs(profile))
        for (result, data) in zip(rendering.results, rendering.files) {
            let format = try #require(result.format, "\(result.name): \(result.failure?.code ?? "")")
            #expect(!tellsOfTheSource(data), "\(file) to \(format)")
            let allowed = FileParts.needed(format).union(profile == .keep ? FileParts.profile(format) : [])
            #expect(FileParts.names(data, format).subtracting(allowed) == [], "\(file) to \(format)")
            #expect(data.range(of: Data("Exif".utf8)) == nil, "\(file) to \(format)")
            // Removing the metadata has not removed the picture.
            #expect(try Picture(data).width == 64)
        }
    }

    @Test(arguments: PlantedFile.allCases.filter { $0 != .gif })
    func theProfileIsKeptUnchanged(file: PlantedFile) throws {
        let source = try file.made()
        let profile = try #require(try field(Colour.iccField, of: source))
        let rendering = try render(source, outputs(.keep))
        for (result, data) in zip(rendering.results, rendering.files) where result.format != .gif {
            #expect(try field(Colour.iccField, of: data) == profile, "\(file) to \(result.name)")
        }
        for data in try render(source, outputs(.srgb)).files { #expect(try field(Colour.iccField, of: data) == nil) }
    }

    @Test func whatFollowsAProfileIsNotKept() throws {
        let image = try PlantedFile.wide()
        let profile = try #require(image.withBlob(Colour.iccField) { Array($0) })
        image.set(Colour.iccField, profile + Array("SECRET-behind".utf8))
        let source = try TestImage.data(image, "tiffsave_buffer")
        #expect(tellsOfTheSource(source))
        let rendering = try render(source, outputs(.keep))
        for (result, data) in zip(rendering.results, rendering.files) {
            #expect(!tellsOfTheSource(data), "\(result.name)")
            if result.format != .gif { #expect(try field(Colour.iccField, of: data) == Data(profile), "\(result.name)") }
        }
    }

    /// GIF cannot declare the colour space of its values.
    @Test func gifIsAlwaysStandard() throws {
        let red = try TestImage.made(16, 16, bands: 4) { _, _ in [200, 0, 0, 255] }
        let wide = try red.applying("icc_transform", ["output_profile": .text("p3"), "input_profile": .text("srgb")])
        let source = try TestImage.data(wide, "pngsave_buffer")
        let spec = OutputSpec(name: "a", format: .fixed(.gif), encoder: EncoderOptions(colorProfile: .keep))
        #expect(try render(source, [spec]).picture().shows([200, 0, 0], at: 8, 8, tolerance: 4))
    }

    /// A profile for other channels than those of the output would distort every colour.
    @Test(arguments: [
        ("RGB ", 3, ImageFormat.png, true), ("RGB ", 4, .webp, true), ("RGB ", 1, .png, false), ("GRAY", 1, .png, true),
        ("GRAY", 2, .tiff, true),
        ("GRAY", 3, .jpeg, false), ("GRAY", 1, .webp, false), ("GRAY", 1, .avif, false), ("CMYK", 3, .png, false),
    ])
    func onlyAFittingProfileIsKept(space: String, bands: Int, format: ImageFormat, isKept: Bool) throws {
        let image = try TestImage.made(4, 4, bands: bands) { _, _ in [UInt8](repeating: 9, count: bands) }
        image.set(Colour.iccField, [UInt8](repeating: 0, count: 16) + Array(space.utf8) + [UInt8](repeating: 0, count: 120))
        #expect(try Metadata.limited(image, format, EncoderOptions(colorProfile: .keep)).has(Colour.iccField) == isKept)
        #expect(!(try Metadata.limited(image, format, EncoderOptions()).has(Colour.iccField)))
    }

    /// The reported file: with a preset, and with the profile kept.
    @Test func gpsDataIsInNoOutput() throws {
        let source = try FieldFile.data("gps-in-exif-stays-in-webp.jpg")
        let secrets = ["Exif", "SecretCam", "Jane Artist", "GPS"].map { Data($0.utf8) }
        #expect(source.range(of: secrets[1]) != nil)
        let web = try #require(BuiltInPresets.all["web"]).outputs
        for data in try render(source, web + outputs(.keep) + outputs(.srgb).map { renamed($0) }).files {
            #expect(data.count > 100)
            for secret in secrets { #expect(data.range(of: secret) == nil) }
        }
    }

    private func renamed(_ spec: OutputSpec) -> OutputSpec {
        var spec = spec
        spec.name += "-srgb"
        return spec
    }

    @Test func aDescriptionIsNotWrittenAgain() throws {
        let source = try FieldFile.data("description-stays-in-tiff-with-keep.tif")
        #expect(FileParts.names(source, .tiff).contains("270"))
        let encoder = EncoderOptions(colorProfile: .keep)
        let data = try render(source, [OutputSpec(name: "a", format: .fixed(.tiff), encoder: encoder)]).files[0]
        #expect(FileParts.names(data, .tiff).isSubset(of: FileParts.needed(.tiff).union(FileParts.profile(.tiff))))
    }

    /// The resolution of a source comes from its EXIF block and is removed with it.
    @Test func aStrippedOutputHasTheDefaultResolution() throws {
        let image = try TestImage.quarters().applying("copy", ["xres": .number(12), "yres": .number(12)])
        let source = try TestImage.data(image, "pngsave_buffer")
        for format in [ImageFormat.png, .tiff] {
            for (strip, resolution) in [(true, 72.0), (false, 12 * 25.4)] {
                let data = try render(source, [OutputSpec(name: "a", format: .fixed(format), encoder: EncoderOptions(strip: strip))]).files[
                    0]
                let found = try data.withUnsafeBytes { try Load.open($0, try SourceFormat.sniffed($0), LoadOptions()).resolution.x * 25.4 }
                #expect(abs(found - resolution) < 0.2)
            }
        }
    }

    // MARK: Kept metadata

    @Test(arguments: [ImageFormat.jpeg, .png, .webp, .avif, .tiff])
    func keepsMetadataThatTheFormatSupports(format: ImageFormat) throws {
        let encoder = EncoderOptions(effort: 0, strip: false)
        let data = try render(
            try PlantedFile.jpeg.made(), [OutputSpec(name: "a", format: .fixed(format), encoder: encoder)]
        ).files[0]
        let xmp = Data("SECRET-xmp".utf8)
        #expect(try data.range(of: xmp) ?? field("xmp-data", of: data)?.range(of: xmp) != nil)
        if format != .tiff {
            for kept in ["gps", "artist", "serial"] { #expect(data.range(of: Data("SECRET-\(kept)".utf8)) != nil) }
        }
        if format == .jpeg { #expect(data.range(of: Data("SECRET-iptc".utf8)) != nil) }
        // Previews show the uncropped picture; comments and the like are specific to one format.
        for dropped in ["thumbnail", "preview", "comment", "app4", "jumbf", "multipicture", "extended", "trailer"] {
            #expect(data.range(of: Data("SECRET-\(dropped)".utf8)) == nil, "\(dropped)")
        }
    }

    /// IPTC is stored directly in TIFF, and in Photoshop resources in JPEG.
    @Test(arguments: [PlantedFile.jpeg, .tiff])
    func iptcSurvivesARoundTrip(file: PlantedFile) throws {
        let spec = OutputSpec(name: "a", format: .fixed(.jpeg), encoder: EncoderOptions(strip: false))
        let block = try #require(try field("iptc-data", of: try render(try file.made(), [spec]).files[0]))
        let records = try #require(block.withUnsafeBytes { IPTCBlock.records(in: $0) })
        #expect(records.starts(with: PlantedFile.iptc))
        #expect(block.starts(with: Array("Photoshop 3.0".utf8)))
    }

    @Test func xmpOfAVIFIsKept() throws {
        let spec = OutputSpec(name: "a", format: .fixed(.webp), encoder: EncoderOptions(strip: false))
        let xmp = try #require(try field("xmp-data", of: try render(try PlantedFile.avif.made(), [spec]).files[0]))
        #expect(xmp.range(of: Data("SECRET-xmp".utf8)) != nil)
    }

    /// They show the picture before it was cropped.
    @Test func previewsInXMPAreEmptied() {
        for packet in [
            #"<xmpGImg:image>SECRETSECRET</xmpGImg:image><dc:title>kept</dc:title>"#,
            #"<rdf:li xmpGImg:format="JPEG" xmpGImg:image="SECRET"/><dc:title>kept</dc:title>"#, "<xmpGImg:image>SECRET",
            "<xmpGImg:image xml:lang='x'><![CDATA[SECRET]]></xmpGImg:image><dc:title>kept</dc:title>",
            "<rdf:li xapGImg:image\t=\r'SECRET'/><dc:title>kept</dc:title>",
            #"<rdf:li xmlns:p="http://ns.adobe.com/xap/1.0/g/img/"><p:image>SECRET</p:image><dc:title>kept</dc:title>"#,
            "<xmpGImg:image/><dc:title>kept</dc:title>",
        ] {
            let cleaned = String(decoding: Array(packet.utf8).withUnsafeBytes { XMPPacket.cleaned($0) }, as: UTF8.self)
            #expect(cleaned.utf8.count == packet.utf8.count)
            #expect(!cleaned.contains("SECRET"))
            #expect(cleaned.contains("<dc:title>kept") == packet.contains("kept"))
        }
    }

    @Test(arguments: [ImageFormat.jpeg, .png, .tiff])
    func theResolutionIsKeptWithoutOtherMetadata(format: ImageFormat) throws {
        let image = try TestImage.quarters().applying("copy", ["xres": .number(300 / 25.4), "yres": .number(300 / 25.4)])
        let source = try TestImage.data(image, "pngsave_buffer")
        for (strip, expected) in [(false, 300.0), (true, 72)] {
            let spec = OutputSpec(name: "a", format: .fixed(format), encoder: EncoderOptions(strip: strip))
            let file = try render(source, [spec]).files[0]
            let found = try file.withUnsafeBytes { try Load.open($0, try SourceFormat.sniffed($0), LoadOptions()).resolution.x * 25.4 }
            // PNG and JPEG without a resolution are read as 25.4 or 72 pixels per inch.
            #expect(strip ? found <= expected + 0.2 : abs(found - expected) < 1, "\(strip): \(found)")
            #expect(file.range(of: Data("Exif".utf8)) == nil)
        }
    }

    /// libvips takes a missing resolution for one pixel per millimetre.
    @Test(arguments: [ImageFormat.jpeg, .png, .tiff, .webp])
    func noResolutionIsInvented(format: ImageFormat) throws {
        let spec = OutputSpec(name: "a", format: .fixed(format), encoder: EncoderOptions(strip: false))
        let file = try render(try LayoutFile.data("no-resolution.webp"), [spec]).files[0]
        let found = try file.withUnsafeBytes { try Load.open($0, try SourceFormat.sniffed($0), LoadOptions()).resolution.x * 25.4 }
        // 72 pixels per inch is what readers assume.
        #expect([.jpeg, .webp].contains(format) && found < 26 || abs(found - 72) < 0.2, "\(found)")
    }

    /// The pixels are upright, so XMP must not make readers rotate them again.
    @Test func xmpOrientationIsReset() throws {
        let spec = OutputSpec(name: "a", format: .fixed(.jpeg), encoder: EncoderOptions(strip: false))
        let xmp = try #require(try field("xmp-data", of: try render(try PlantedFile.jpeg.made(), [spec]).files[0]))
        #expect(String(decoding: xmp, as: UTF8.self).contains("tiff:Orientation=\"1\""))
        let element = Array("<tiff:Orientation>8</tiff:Orientation>".utf8)
        let upright = element.withUnsafeBytes { XMPPacket.cleaned($0) }
        #expect(String(decoding: upright, as: UTF8.self) == "<tiff:Orientation>1</tiff:Orientation>")
    }

    /// The metadata of a watermark must not become that of the output.
    @Test func aWatermarkAddsNoMetadata() throws {
        let id = "01890a5d-ac96-774b-bcce-b302099a8057"
        let spec = OutputSpec(
            name: "a", operations: [.watermark(.init(image: TaskID(id), opacity: 0.5))], format: .fixed(.jpeg),
            encoder: EncoderOptions(strip: false, colorProfile: .keep))
        let data = try render(try TestImage.file(.png), [spec], overlays: [id: try PlantedFile.jpeg.made()]).files[0]
        #expect(!tellsOfTheSource(data) && FileParts.names(data, .jpeg) == [FileParts.jfif])
    }

    /// Also in animations, where every frame carries the metadata of the file.
    @Test(arguments: EncoderOptions.ColorProfile.allCases)
    func animationsAreStripped(profile: EncoderOptions.ColorProfile) throws {
        let frames = Frames(try (0..<3).map { try animated(UInt8($0) * 80) }, width: 20, height: 10, delays: [70, 80, 90], loop: 2)
        let source = try TestImage.data(try Finish.joined(frames, .webp), "webpsave_buffer", ["lossless": .flag(true)])
        #expect(tellsOfTheSource(source))
        for format in [ImageFormat.webp, .gif] {
            let spec = OutputSpec(name: "a", format: .fixed(format), encoder: EncoderOptions(colorProfile: profile), animated: true)
            let rendering = try render(source, [spec])
            let allowed = FileParts.needed(format).union(profile == .keep ? FileParts.profile(format) : [])
            #expect(!tellsOfTheSource(rendering.files[0]) && FileParts.names(rendering.files[0], format).isSubset(of: allowed))
            #expect(rendering.results[0].frames == 3)
            try rendering.files[0].withUnsafeBytes { bytes in
                let written = try Load.open(bytes, try SourceFormat.sniffed(bytes), LoadOptions(frames: -1))
                #expect(written.integers("delay") == [70, 80, 90] && written.integer("loop") == 2)
            }
        }
    }

    private func animated(_ shade: UInt8) throws -> Image {
        let image = try TestImage.made(20, 10, bands: 3) { x, _ in [shade, UInt8(x), 0] }
            .applying("icc_transform", ["output_profile": .text("p3"), "input_profile": .text("srgb")]).inMemory()
        image.set("xmp-data", PlantedFile.xmp)
        return image
    }

    @Test(arguments: ImageFormat.allCases, [true, false])
    func outputsContainNoUnexpectedMetadata(format: ImageFormat, strip: Bool) throws {
        let spec = OutputSpec(name: "a", format: .fixed(format), encoder: EncoderOptions(effort: 0, strip: strip))
        for source in [try TestImage.file(.png), try TestImage.data(try PlantedFile.wide(), "pngsave_buffer")] {
            let data = try render(source, [spec]).files[0]
            #expect(data.range(of: Data("Exif".utf8)) == nil && data.range(of: Data("EXIF".utf8)) == nil)
            // The resolution is kept.
            let allowed = FileParts.needed(format).union(strip ? [] : [FileParts.jfif])
            #expect(FileParts.names(data, format).subtracting(allowed) == [])
        }
    }
}

@Suite struct OutputFiles {
    /// Arbitrary bytes cause at most an error.
    @Test func damagedFilesAreRefused() throws {
        let files: [(Data, (UnsafeRawBufferPointer) throws -> Void)] = [
            (try PlantedFile.jpeg.made(), { _ = try JPEGOutput.withoutEXIF($0) }),
            (try PlantedFile.webp.made(), { _ = try WebPOutput.withoutEXIF($0) }),
            (try PlantedFile.avif.made(), { _ = try HEIFOutput.withoutEXIF($0) }),
            (try PlantedFile.gif.made(), { _ = try GIFOutput.frameCount($0) }),
        ]
        var state: UInt64 = 20_261_128
        func random(_ limit: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % limit
        }
        for (file, read) in files {
            try file.withUnsafeBytes(read)
            for _ in 0..<500 {
                var bytes = [UInt8](file.prefix(1 + random(file.count)))
                for _ in 0..<3 { bytes[random(min(bytes.count, 400))] = UInt8(random(256)) }
                do { try bytes.withUnsafeBytes(read) } catch is MalformedFileError {}
            }
        }
    }

    @Test func exifOfHEIFIsRemovedWithItsBytes() throws {
        let file = try PlantedFile.avif.made()
        let removed = Data(try file.withUnsafeBytes { try HEIFOutput.withoutEXIF($0) })
        #expect(file.range(of: Data("SECRET-gps".utf8)) != nil && removed.range(of: Data("SECRET-gps".utf8)) == nil)
        #expect(removed.count < file.count)
        // The items after it are at their new offsets.
        let (before, after) = (try Picture(file), try Picture(removed))
        for (x, y) in [(5, 5), (60, 5), (5, 40), (60, 40)] { #expect(before[x, y] == after[x, y]) }
        let xmp = try removed.withUnsafeBytes { try Load.open($0, .avif, LoadOptions()).withBlob("heif-mime-0") { Array($0) } }
        #expect(xmp == PlantedFile.xmp)
    }
}
