"""The similarity of two pictures: SSIM on luma, with a Gaussian window of sigma 1.5."""

import pyvips

# The constants of SSIM for values from 0 to 255.
C1 = (0.01 * 255) ** 2
C2 = (0.03 * 255) ** 2


def luma(image):
    return image.colourspace("srgb").flatten().colourspace("b-w")[0].cast("double")


def ssim(one, other):
    a, b = luma(one), luma(other)
    if (a.width, a.height) != (b.width, b.height):
        raise ValueError(f"{a.width}x{a.height} against {b.width}x{b.height}")

    def blurred(image):
        return image.gaussblur(1.5, precision="float")

    mean_a, mean_b = blurred(a), blurred(b)
    variance_a = blurred(a * a) - mean_a * mean_a
    variance_b = blurred(b * b) - mean_b * mean_b
    covariance = blurred(a * b) - mean_a * mean_b
    above = (mean_a * mean_b * 2 + C1) * (covariance * 2 + C2)
    below = (mean_a * mean_a + mean_b * mean_b + C1) * (variance_a + variance_b + C2)
    return (above / below).avg()


def ssim_of_bytes(data, expected):
    return ssim(pyvips.Image.new_from_buffer(data, ""), expected)
