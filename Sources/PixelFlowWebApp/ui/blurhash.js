const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~";

const number = (text) => [...text].reduce((sum, digit) => sum * 83 + digits.indexOf(digit), 0);
const toLight = (value) => (value <= 10.31475 ? value / 3294.6 : ((value / 255 + 0.055) / 1.055) ** 2.4);
const toByte = (light) => {
    const value = Math.min(1, Math.max(0, light));
    return 255 * (value <= 0.0031308 ? value * 12.92 : 1.055 * value ** (1 / 2.4) - 0.055);
};

/** The colour coefficients (red, green, blue) of the waves that make up the image. */
function waves(hash, count) {
    const average = number(hash.slice(2, 6));
    const strongest = (number(hash[1]) + 1) / 166;
    const colors = [[average >> 16, (average >> 8) & 255, average & 255].map(toLight)];
    for (let index = 1; index < count; index += 1) {
        const code = number(hash.slice(4 + index * 2, 6 + index * 2));
        colors.push([Math.floor(code / 361), Math.floor(code / 19) % 19, code % 19].map((step) => {
            const level = (step - 9) / 9;
            return Math.sign(level) * level * level * strongest;
        }));
    }
    return colors;
}

/** The value of each wave at each position. */
const cosines = (count, samples) => Array.from({ length: count }, (_, wave) => Array.from({ length: samples }, (_, sample) => Math.cos((Math.PI * sample * wave) / samples)));

/** The pixels of a blurhash as red, green, blue and alpha; null if it is invalid. */
export function blurhashPixels(hash, width, height) {
    if (!hash || hash.length < 6 || [...hash].some((digit) => !digits.includes(digit))) return null;
    const across = (number(hash[0]) % 9) + 1;
    const down = Math.floor(number(hash[0]) / 9) + 1;
    if (hash.length !== 4 + 2 * across * down) return null;
    const colors = waves(hash, across * down);
    const [columns, rows] = [cosines(across, width), cosines(down, height)];
    const pixels = new Uint8ClampedArray(width * height * 4);
    for (let y = 0; y < height; y += 1) {
        for (let x = 0; x < width; x += 1) {
            const sum = [0, 0, 0];
            colors.forEach((color, index) => {
                const wave = columns[index % across][x] * rows[Math.floor(index / across)][y];
                color.forEach((level, channel) => { sum[channel] += level * wave; });
            });
            pixels.set([...sum.map(toByte), 255], (y * width + x) * 4);
        }
    }
    return pixels;
}
