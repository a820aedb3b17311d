import Foundation
import PixelFlowCore
import Testing

@testable import PixelFlowImaging

/// Inputs reported by users, and their expected results.
@Suite struct FieldInputs {
    @Test func aProfileIsNotTrustedByItsName() throws {
        let picture = try render(try FieldFile.data("linear-profile-with-srgb-in-its-name.png")).picture()
        #expect(picture.shows([128, 128, 128], at: 16, 16, tolerance: 1))
    }

    @Test(arguments: [ImageFormat.png, .webp, .jpeg, .tiff, .avif, .gif])
    func aMismatchedProfileIsIgnored(format: ImageFormat) throws {
        let source = try FieldFile.data("rgb-with-grey-profile.jpg")
        for profile in [EncoderOptions.ColorProfile.srgb, .keep] {
            let encoder = EncoderOptions(colorProfile: profile)
            let specs = [[], [ImageOperation.resize(.init(width: 16))]].enumerated().map {
                OutputSpec(name: "a\($0)", operations: $1, format: .fixed(format), encoder: encoder)
            }
            let rendering = try render(source, specs)
            for file in rendering.files {
                let picture = try Picture(file)
                let isOpaque = picture.bands == 3 || format == .gif && picture[8, 8][3] == 255
                #expect(isOpaque && picture.shows([200, 50, 20], at: 8, 8, tolerance: 6), "\(profile)")
                #expect(file.range(of: Data("GRAY".utf8)) == nil, "\(profile): the profile is written")
            }
        }
    }

    @Test func alphaOf16BitsSurvivesAProfile() throws {
        let picture = try render(try FieldFile.data("rgba16-alpha-ramp-with-p3-profile.png")).picture()
        #expect(picture.bands == 4)
        for x in 0..<256 { #expect(picture[x, 4][3] == UInt8(x), "at \(x)") }
    }

    @Test func aJPEGWithoutItsLastMarkerIsDecoded() throws {
        let source = try FieldFile.data("jpeg-without-eoi.jpg")
        let rendering = try render(source)
        #expect(rendering.files == (try render(source + [0xff, 0xd9])).files)
        #expect((rendering.metadata.width, rendering.metadata.height) == (160, 120))
    }

    @Test func bigTIFFIsRead() throws {
        let rendering = try render(try FieldFile.data("bigtiff.tif"))
        #expect(rendering.metadata.format == "tiff")
        #expect(try rendering.picture().shows([9, 99, 200], at: 16, 16, tolerance: 0))
    }

    @Test func floatingPointSamplesGoFrom0To1() throws {
        #expect(try render(try FieldFile.data("tiff-float-grey-half.tif")).picture().shows([128, 128, 128], at: 9, 9, tolerance: 0))
    }

    @Test(arguments: [ImageFormat.jpeg, .png, .webp])
    func selectionsAreNotAlpha(format: ImageFormat) throws {
        let spec = OutputSpec(name: "a", operations: [.resize(.init(width: 16))], format: .fixed(format))
        let rendering = try render(try FieldFile.data("tiff-rgb-and-two-selections.tif"), [spec])
        let picture = try rendering.picture()
        #expect(picture.bands == 3 && picture.shows([200, 100, 50], at: 8, 8, tolerance: 4))
        #expect(!rendering.metadata.hasAlpha)
    }

    @Test func compatibleBrandsAreAccepted() throws {
        #expect(try render(try FieldFile.data("avif-major-brand-mif1.avif")).metadata.format == "avif")
    }
}
