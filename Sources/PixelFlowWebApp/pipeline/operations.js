/**
 * The operations and their parameters, as the editor shows them. What is allowed is decided by the
 * service alone; the bounds here only shape the controls.
 */
const edge = { kind: "integer", min: 1, max: 16383, unit: "px" };
const fraction = { kind: "number", min: 0, max: 1, step: 0.01, slider: true };
const background = { key: "background", label: "Background", kind: "color", standard: "#ffffff" };

export const gravities = ["center", "north", "northeast", "east", "southeast", "south", "southwest", "west", "northwest"];
const position = (extra) => ({ key: "position", label: "Position", kind: "position", standard: "center", smart: true, ...extra });

export const operations = {
    resize: {
        label: "Resize", start: { width: 1600, height: 1600, fit: "inside" },
        fields: [
            { key: "width", label: "Width", ...edge }, { key: "height", label: "Height", ...edge },
            {
                key: "fit", label: "Fit", kind: "choice", standard: "cover",
                choices: { inside: "Inside the box", cover: "Cover, cut the rest", contain: "Contain, fill the rest", fill: "Stretch", outside: "Outside the box" },
            },
            position({ when: (step) => ["cover", "contain", undefined].includes(step.fit) }),
            { ...background, when: (step) => step.fit === "contain" },
            { key: "enlarge", label: "Enlarge small pictures", kind: "flag" },
        ],
    },
    crop: {
        label: "Crop", start: { width: 800, height: 600 },
        fields: [
            { key: "width", label: "Width", ...edge }, { key: "height", label: "Height", ...edge },
            position({ when: (step) => step.left === undefined && step.top === undefined }),
            { key: "left", label: "From left", kind: "integer", min: 0, max: 1000000, unit: "px", when: (step) => step.position === undefined },
            { key: "top", label: "From top", kind: "integer", min: 0, max: 1000000, unit: "px", when: (step) => step.position === undefined },
        ],
    },
    rotate: {
        label: "Rotate", start: { angle: 90 },
        fields: [
            { key: "angle", label: "Angle", kind: "number", min: -360, max: 360, step: 1, slider: true, unit: "°" },
            { ...background, when: (step) => step.angle % 90 !== 0 },
        ],
    },
    flip: { label: "Flip upside down", start: {}, fields: [] },
    flop: { label: "Mirror left to right", start: {}, fields: [] },
    blur: { label: "Blur", start: { sigma: 3 }, fields: [{ key: "sigma", label: "Radius", kind: "number", min: 0.3, max: 50, step: 0.1, slider: true, standard: 1 }] },
    sharpen: {
        label: "Sharpen", start: {},
        fields: [
            { key: "sigma", label: "Radius", kind: "number", min: 0.01, max: 10, step: 0.01, slider: true, standard: 0.5 },
            ...[["m1", "Flat areas", 0], ["m2", "Edges", 3], ["x1", "Flat below", 2], ["y2", "Most brightening", 10], ["y3", "Most darkening", 20]]
                .map(([key, label, standard]) => ({ key, label, kind: "number", min: 0, max: 1000000, step: 0.1, standard, rare: true })),
        ],
    },
    grayscale: { label: "Black and white", start: {}, fields: [] },
    modulate: {
        label: "Brightness and colour", start: { brightness: 1.1 },
        fields: [
            { key: "brightness", label: "Brightness", kind: "number", min: 0, max: 3, step: 0.05, slider: true, standard: 1 },
            { key: "saturation", label: "Saturation", kind: "number", min: 0, max: 3, step: 0.05, slider: true, standard: 1 },
            { key: "hue", label: "Hue", kind: "number", min: -360, max: 360, step: 1, slider: true, standard: 0, unit: "°" },
        ],
    },
    gamma: { label: "Gamma", start: {}, fields: [{ key: "gamma", label: "Gamma", kind: "number", min: 0.1, max: 10, step: 0.1, slider: true, standard: 2.2 }] },
    negate: { label: "Negative", start: {}, fields: [] },
    tint: { label: "Tint", start: { color: "#c08a4e" }, fields: [{ key: "color", label: "Colour", kind: "color" }] },
    flatten: { label: "Fill transparency", start: {}, fields: [background] },
    pad: {
        label: "Add a margin", start: { top: 20, right: 20, bottom: 20, left: 20 },
        fields: [
            ...["Top", "Right", "Bottom", "Left"].map((label) => ({ key: label.toLowerCase(), label, kind: "integer", min: 0, max: 8192, unit: "px", standard: 0 })),
            background,
        ],
    },
    trim: { label: "Trim plain edges", start: {}, fields: [{ key: "threshold", label: "Tolerance", kind: "number", min: 0, max: 255, step: 1, slider: true, standard: 10 }] },
    round: { label: "Round the corners", start: { radius: 24 }, fields: [{ key: "radius", label: "Radius", ...edge }] },
    watermark: {
        label: "Watermark", start: { image: "", scale: 0.2 },
        fields: [
            { key: "image", label: "Picture (id of its task)", kind: "task" },
            position({ standard: "southeast", smart: false }),
            { key: "opacity", label: "Opacity", ...fraction, standard: 1 },
            { key: "scale", label: "Width beside the picture's", kind: "number", min: 0.01, max: 1, step: 0.01, slider: true },
            { key: "tile", label: "Repeat all over", kind: "flag" },
        ],
    },
};

export const formats = { auto: "Like the source", jpeg: "JPEG", png: "PNG", webp: "WebP", avif: "AVIF", gif: "GIF", tiff: "TIFF" };

export const encoding = [
    { key: "quality", label: "Quality", kind: "integer", min: 1, max: 100, slider: true },
    { key: "max_bytes", label: "At most", kind: "integer", min: 100, max: 1000000000, unit: "bytes" },
    { key: "effort", label: "Effort", kind: "integer", min: 0, max: 9, slider: true, rare: true },
    { key: "lossless", label: "Lossless", kind: "flag", rare: true },
    { key: "progressive", label: "Progressive", kind: "flag", rare: true },
    { key: "animated", label: "Keep the animation", kind: "flag", rare: true },
    { key: "strip", label: "Leave metadata out", kind: "flag", standard: true, rare: true },
    { key: "chroma", label: "Chroma", kind: "choice", choices: { "": "As the format likes", "4:2:0": "4:2:0, smaller", "4:4:4": "4:4:4, sharper colour" }, rare: true },
    { key: "color_profile", label: "Colours", kind: "choice", standard: "srgb", choices: { srgb: "To sRGB", keep: "Keep the profile" }, rare: true },
];
