import { createRoot } from "react-dom/client";
import { App } from "./shell/App.jsx";
import { startSession } from "./service/session.js";
import { startFollowing } from "./tasks/following.js";

startSession();
startFollowing();
createRoot(document.getElementById("app")).render(<App />);
