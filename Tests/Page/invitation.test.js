import "./support/browser.js";
import assert from "node:assert/strict";
import test from "node:test";
import { effect } from "../../Sources/PixelFlowWebApp/team/invitation.js";

test("a link for an address is for it alone", () => {
    assert.equal(effect({ email: "frank@example.com", role: "member" }, "Studio"), "Only frank@example.com can accept it, and becomes a member of Studio.");
});

test("a link without an address is for anyone", () => {
    assert.equal(effect({ role: "admin" }, "Studio"), "Whoever opens it becomes an admin of Studio.");
    assert.equal(effect({ email: "", role: "owner" }, "Studio"), "Whoever opens it becomes an owner of Studio.");
});
