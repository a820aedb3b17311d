/** Browsers name those that they want to pass for as well; the more particular names come first. */
const browsers = [["Edg/", "Edge"], ["OPR/", "Opera"], ["Firefox/", "Firefox"], ["Chrome/", "Chrome"], ["Safari/", "Safari"]];
const systems = [["Android", "Android"], ["iPhone", "iPhone"], ["iPad", "iPad"], ["Windows", "Windows"], ["Mac OS X", "macOS"], ["CrOS", "ChromeOS"], ["Linux", "Linux"]];

/** A device in words, from the `User-Agent` that it sends. */
export function deviceName(agent) {
    const first = (pairs) => (pairs.find(([mark]) => agent.includes(mark)) || [])[1];
    const [browser, system] = [first(browsers), first(systems)];
    if (browser) return system ? `${browser} on ${system}` : browser;
    return agent.split(" ")[0] || "Unknown device";
}
