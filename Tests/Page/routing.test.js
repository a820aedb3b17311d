import "./support/browser.js";
import assert from "node:assert/strict";
import test, { beforeEach } from "node:test";
import { go, Link } from "../../Sources/PixelFlowWebApp/shell/routing.jsx";

beforeEach(() => {
    history.entries = ["/"];
    Object.assign(location, { pathname: "/", search: "" });
    window.scrolls = 0;
});

test("navigation adds a history entry and scrolls to the top", () => {
    go("/tasks/1?tab=a");
    assert.deepEqual(history.entries, ["/", "/tasks/1?tab=a"]);
    assert.equal(window.scrolls, 1);
});

test("navigation to the current page adds no entry", () => {
    go("/?a=b");
    go("/?a=b");
    assert.deepEqual(history.entries, ["/", "/?a=b"]);
});

test("a replacement changes the entry and keeps the scroll position", () => {
    go("/?status=FAILED", { replace: true });
    assert.deepEqual(history.entries, ["/?status=FAILED"]);
    assert.equal(window.scrolls, 0);
});

function click(rest = {}) {
    const event = { button: 0, defaultPrevented: false, prevented: 0, preventDefault() { this.prevented += 1; }, ...rest };
    Link({ to: "/presets", children: "Presets" }).props.onClick(event);
    return event.prevented;
}

test("a click on a link stays in the page", () => {
    assert.equal(click(), 1);
    assert.deepEqual(history.entries, ["/", "/presets"]);
});

test("clicks with a modifier or another button, or already handled ones, are left to the browser", () => {
    for (const rest of [{ metaKey: true }, { ctrlKey: true }, { shiftKey: true }, { altKey: true }, { button: 1 }, { defaultPrevented: true }]) {
        assert.equal(click(rest), 0);
    }
    assert.deepEqual(history.entries, ["/"]);
});

test("a link has an address", () => {
    assert.equal(Link({ to: "/presets", className: "x" }).props.href, "/presets");
});
