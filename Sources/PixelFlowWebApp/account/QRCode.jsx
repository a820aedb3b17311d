import qrcode from "qrcode-generator";

/** A text as a QR code; dark on light in every colour scheme, because cameras require it. */
export function QRCode({ text, label }) {
    const code = qrcode(0, "M");
    code.addData(text);
    code.make();
    const count = code.getModuleCount();
    const dark = [];
    for (let row = 0; row < count; row += 1) {
        for (let column = 0; column < count; column += 1) if (code.isDark(row, column)) dark.push(`M${column} ${row}h1v1h-1z`);
    }
    // The standard requires a quiet zone of four modules.
    return (
        <svg role="img" aria-label={label} viewBox={`-4 -4 ${count + 8} ${count + 8}`} shapeRendering="crispEdges" className="w-44 rounded-lg bg-white">
            <path d={dark.join("")} fill="#000" />
        </svg>
    );
}
