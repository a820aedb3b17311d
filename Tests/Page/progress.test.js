import { FakeNotification, settled } from "./support/browser.js";
import assert from "node:assert/strict";
import test, { beforeEach } from "node:test";
import { setTitle, startTitle } from "../../Sources/PixelFlowWebApp/shell/title.js";
import { startNotifying, summary, turnOffNotifications, turnOnNotifications } from "../../Sources/PixelFlowWebApp/tasks/notifications.js";
import { progress, watchProgress } from "../../Sources/PixelFlowWebApp/tasks/progress.js";
import { statistics } from "../../Sources/PixelFlowWebApp/tasks/statistics.js";

const count = (counts) => statistics.set({ now: /** @type {any} */ ({ counts }) });
const icon = () => document.querySelector("link[rel=icon]").getAttribute("href");

watchProgress();
startTitle();
startNotifying();

beforeEach(async () => {
    FakeNotification.all = [];
    FakeNotification.permission = "granted";
    Object.assign(document, { hidden: true });
    count({ COMPLETED: 7, FAILED: 1 });
    setTitle("Tasks");
    await settled();
});

test("the title and the icon show how much of the work in hand is done", async () => {
    assert.equal(document.title, "Tasks · PixelFlow");
    assert.equal(icon(), "/favicon.svg");
    count({ COMPLETED: 7, FAILED: 1, PENDING: 4 });
    assert.equal(document.title, "0 % · Tasks · PixelFlow");
    count({ COMPLETED: 9, FAILED: 2, PENDING: 1, PROCESSING: 1 });
    assert.equal(progress.get().share, 0.6);
    assert.equal(document.title, "60 % · Tasks · PixelFlow");
    assert.match(icon(), /^data:image\/svg\+xml,/);
    setTitle("Usage");
    assert.equal(document.title, "60 % · Usage · PixelFlow");
    count({ COMPLETED: 11, FAILED: 2 });
    assert.equal(document.title, "Usage · PixelFlow");
    assert.equal(icon(), "/favicon.svg");
});

test("the end is told to whoever asked for it and looks elsewhere", async () => {
    const end = () => {
        count({ COMPLETED: 7, FAILED: 1, PENDING: 4 });
        count({ COMPLETED: 10, FAILED: 2 });
        count({ COMPLETED: 7, FAILED: 1 });
    };
    end();
    assert.equal(FakeNotification.all.length, 0);
    await turnOnNotifications();
    end();
    assert.equal(FakeNotification.all.length, 1);
    assert.equal(FakeNotification.all[0].body, "3 tasks completed, 1 failed.");
    document.hidden = false;
    end();
    document.hidden = true;
    turnOffNotifications();
    end();
    assert.equal(FakeNotification.all.length, 1);
});

test("a browser that refuses is believed", async () => {
    FakeNotification.permission = "denied";
    await turnOnNotifications();
    count({ PENDING: 1 });
    count({ COMPLETED: 8, FAILED: 1 });
    assert.equal(FakeNotification.all.length, 0);
});

test("one task is one task", () => {
    assert.equal(summary({ done: 1, failed: 0 }), "1 task completed.");
    assert.equal(summary({ done: 0, failed: 2 }), "2 tasks failed.");
});

test("deleted tasks take nothing away", () => {
    count({ COMPLETED: 7, FAILED: 1, PENDING: 2 });
    count({ COMPLETED: 2, FAILED: 0, PENDING: 2 });
    assert.equal(progress.get().share, 0);
});
