/** User agents also contain the names of browsers that they imitate, so specific names come first. */
const browsers = [["Edg/", "Edge"], ["OPR/", "Opera"], ["Firefox/", "Firefox"], ["Chrome/", "Chrome"], ["Safari/", "Safari"]];
const systems = [["Android", "Android"], ["iPhone", "iPhone"], ["iPad", "iPad"], ["Windows", "Windows"], ["Mac OS X", "macOS"], ["CrOS", "ChromeOS"], ["Linux", "Linux"]];

/** The name of a device, from its `User-Agent`. */
export function deviceName(agent) {
    const first = (pairs) => (pairs.find(([mark]) => agent.includes(mark)) || [])[1];
    const [browser, system] = [first(browsers), first(systems)];
    if (browser) return system ? `${browser} on ${system}` : browser;
    return agent.split(" ")[0] || "Unknown device";
}
