const scheme = location.protocol === "https:" ? "secureSession" : "session";
const other = scheme === "session" ? "secureSession" : "session";

/** The account of the session, or null. Sends a request only if the page has opened a session. */
async function findAccount() {
    if (!localStorage.getItem("pixelflow.email")) return null;
    const response = await fetch("/session", { headers: { accept: "application/json" } });
    return response.ok ? response.json() : null;
}

function showAccount(account) {
    const element = document.getElementById("who");
    if (account) {
        element.textContent = `Signed in as ${account.email}`;
        return;
    }
    const link = document.createElement("a");
    link.href = "/";
    link.textContent = "Sign in";
    element.replaceChildren("Not signed in. ", link, ", or authorise with a token.");
}

/** The cookie is stored by the browser, so this shows the account of the session instead of an input field. */
function sessionPlugin(account) {
    return ({ React }) => ({
        wrapComponents: {
            apiKeyAuth: (Original) => function Session(props) {
                const { name, schema } = props;
                if (schema?.get("in") !== "cookie") return React.createElement(Original, props);
                if (name === other) return React.createElement("section", { className: "session", hidden: true });
                const text = account
                    ? `The session of ${account.email}. The browser sends it with every request that has no token.`
                    : "There is no session. Sign in on the page of PixelFlow, then load this page again.";
                return React.createElement("section", { className: "session" },
                    React.createElement("h4", null, "Session of the page"), React.createElement("p", null, text));
            },
        },
    });
}

/** Browsers send the session themselves, and do not allow scripts to set cookies of a request. */
function withoutCookie(request) {
    for (const name of Object.keys(request.headers ?? {})) {
        if (name.toLowerCase() === "cookie") delete request.headers[name];
    }
    return request;
}

async function start() {
    const account = await findAccount().catch(() => null);
    showAccount(account);
    const ui = window.SwaggerUIBundle({
        url: "/openapi.json",
        dom_id: "#docs",
        presets: [window.SwaggerUIBundle.presets.apis],
        plugins: [sessionPlugin(account)],
        layout: "BaseLayout",
        deepLinking: true,
        docExpansion: "list",
        defaultModelsExpandDepth: 0,
        filter: true,
        validatorUrl: null,
        persistAuthorization: false,
        requestInterceptor: withoutCookie,
        onComplete: () => {
            if (account) ui.preauthorizeApiKey(scheme, "sent by the browser");
        },
    });
}

start();
