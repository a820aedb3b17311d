import { Button, Card } from "../ui/parts.jsx";
import { turnOffNotifications, turnOnNotifications, useNotifications } from "../tasks/notifications.js";

/** Whether this browser tells of the end of the work while its tab is hidden. */
export function Notifications() {
    const state = useNotifications();
    return (
        <Card aria-labelledby="notifications-heading" className="p-4">
            <h2 id="notifications-heading" className="text-lg font-semibold">Notifications</h2>
            <p className="mt-1 text-soft">
                {state === "refused"
                    ? "This browser does not allow notifications from PixelFlow. You can change that in its settings for this site."
                    : "This browser can tell you when all tasks have ended, while you look at another tab."}
            </p>
            {state === "off" && <Button className="mt-3" onClick={turnOnNotifications}>Turn on notifications</Button>}
            {state === "on" && <Button className="mt-3" onClick={turnOffNotifications}>Turn off notifications</Button>}
        </Card>
    );
}
