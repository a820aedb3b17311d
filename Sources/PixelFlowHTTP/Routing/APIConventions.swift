/// Text of the descriptions that applies to every route of every service.
enum APIConventions {
    /// CommonMark.
    static let text = """
        Every response carries `x-request-id`; send your own, of 1 to 64 letters, digits and `-_.`, to find the request in the logs. Any \
        other one is replaced. JSON keys are snake_case, times are RFC 3339 \
        in UTC. Every `GET` route also supports `HEAD`. Fields, codes and routes may be added; clients must ignore those that they do not \
        know.

        ## Errors

        Errors are `application/problem+json` (RFC 9457):

        ```json
        {"type":"urn:pixelflow:problem:invalid_value","title":"Unprocessable Content","status":422,"code":"invalid_value",
         "detail":"outputs[0].quality must be a whole number from 1 to 100.","field":"pipeline.outputs[0].quality","request_id":"…"}
        ```

        `code` is stable. `field` is the path of the invalid value. Responses with 503, 507 and 429 carry `Retry-After`.

        These codes are common to many routes; each route lists its own.

        | code | status | meaning | what to do |
        | --- | --- | --- | --- |
        | `bad_request` | 400 | the request is not HTTP, or its path is malformed | correct it |
        | `invalid_json` | 400 | the body is not JSON; `detail` names the byte | correct it |
        | `upload_aborted` | 400 | the request ended before its body was complete | send it again |
        | `token_missing` | 401 | there is no `Authorization: Bearer TOKEN` | send a token or an API key |
        | `token_invalid` | 401 | the token or API key is unknown here, mistyped or revoked, or the key has expired | sign in, or use another key |
        | `token_expired` | 401 | the token or API key has expired | exchange the refresh token (`POST /token`), sign in, or use another key |
        | `token_revoked` | 401 | the session has ended, the role has changed, or the API key has just been revoked | exchange the refresh token; if that fails, sign in |
        | `session_missing` | 401 | web: there is no session, or it has ended | sign in (`POST /session`) |
        | `insufficient_scope` | 403 | the role or the API key lacks the scope that `detail` names | use a key with it, or ask an admin |
        | `network_not_allowed` | 403 | the API key may not be used from this address | use it from its networks |
        | `operator_access_off` | 403 | the route is for operators, and no service secret is set | set `PIXELFLOW_SERVICE_SECRET` |
        | `cross_site_request` | 403 | web: the request has the cookie, and does not come from web's own page | see Browsers, below |
        | `not_found` | 404 | the resource does not exist, or belongs to another organisation | check the id |
        | `route_not_found` | 404 | there is no such path; web also forwards no other spelling of one | check the path |
        | `method_not_allowed` | 405 | the path exists, the method does not; `Allow` lists the methods | use one of them |
        | `request_timeout` | 408 | the request came too slowly | send it again |
        | `organisation_changed` | 409 | web: the session is in another organisation than `PixelFlow-Organisation` names | switch back, or reload |
        | `precondition_failed` | 412 | `If-Match` or `If-None-Match` does not hold | read the resource again |
        | `body_too_large` | 413 | the body is over the limit that `detail` names | send less |
        | `unsupported_media_type` | 415 | the `Content-Type` is not accepted | send JSON as `application/json` |
        | `unknown_parameter` | 422 | there is no field or parameter with the name in `field` | correct the name |
        | `missing_value`, `missing_parameter` | 422 | `field` is required | send it |
        | `invalid_value` | 422 | `field` has a value that is not accepted | `detail` says what is |
        | `rate_limited`, `authentication_throttled`, `too_many_connections` | 429 | too many requests, unknown API keys, or connections | wait for `Retry-After` |
        | `header_too_large` | 431 | the header is over 32 KiB or 100 fields | send less |
        | `internal_error` | 500 | a defect of PixelFlow | report it with its `request_id` |
        | `auth_unavailable`, `api_unavailable` | 503 | the service does not respond | try again after `Retry-After` |
        | `database_unavailable`, `task_database_unavailable` | 503 | the database does not respond | try again after `Retry-After` |
        | `request_cancelled` | 503 | the service is stopping | try again |
        | `descriptions_differ` | 503 | web's `/openapi.json` during an upgrade: the services have different versions | try again after it |
        | `loop_detected` | 508 | the request has passed through web already | correct the URL of its upstream |

        ## Requests

        Query strings are parsed as browsers write them (`URLSearchParams`): `+` is a space, and a `%` without two hexadecimal digits \
        stands for itself. An empty parameter counts as absent, and the first of several with the same name is used. Optional fields of \
        a JSON body that are null and optional parts of a form that are empty also count as absent. A field of a body that the route does \
        not have is refused with 422 `unknown_parameter`, even if it is null, and so is a parameter in the query of a request that changes \
        something; reads ignore parameters that they do not know. A form with two parts of the same name is refused with \
        `invalid_value`, and JSON in which an object has a name twice with `invalid_json`. Bodies must not be compressed: a \
        `Content-Encoding` is refused with 415 `unsupported_media_type`.

        Every resource with an `ETag` supports conditional requests (RFC 9110). `If-None-Match` with one tag, several or `*`, compared \
        weakly, returns 304 for `GET` and `HEAD`; an `If-Match` that does not hold returns 412 `precondition_failed`.

        `100 Continue` is sent once the body is needed, also through web. If the request is refused before its body is read \
        (401, 404, 413, 415 …), the refusal is sent without it and the connection is closed.

        web forwards `/api/…` to api, and the routes of auth for users and clients, below `/auth/…`, to auth. Routes for services and \
        operators, and any other spelling of a path, are 404. Responses below `/session`, `/api` and `/auth` \
        carry `Vary: Cookie`, unless they are public. Those with an \
        `ETag` may be kept for revalidation (`Cache-Control: private, no-cache`), and all others not at all (`no-store`). On its public port, web responses the probes with the status \
        only; the details and its metrics are on its management port.

        ## Browsers

        web has a session for browsers: a cookie takes the place of the `Authorization` header for all routes below `/api` and `/auth`. \
        A request with an `Authorization` header does not use it.

        | route | does |
        | --- | --- |
        | `POST /session` `{"email","password","code"}` | signs in and sets the cookies; `code` only with a second factor |
        | `POST /session/register` | registers and signs in; the fields of `POST /register` |
        | `GET /session` | reads the account, and renews a token that has expired or been revoked; 401 `session_missing` without a session |
        | `POST /session/organisation` `{"organisation"}` | switches the session to another organisation |
        | `DELETE /session` | signs out and removes the cookies, 204 |

        The first four respond with the account. Cookies are `HttpOnly` and `SameSite=Strict`: `pixelflow_session` has the token, and \
        `pixelflow_refresh`, for the path `/session` only, the refresh token. Over https (by `X-Forwarded-Proto` of the proxy before web) \
        they are `Secure`, and their names `__Host-pixelflow_session` and `__Secure-pixelflow_refresh`. After a 401 of another route, call \
        `GET /session` once and repeat the request.

        A request from another site is refused with 403 `cross_site_request`. It counts as one if it changes something or has the cookie, \
        and `Sec-Fetch-Site` is neither `same-origin` nor `none`, or `Origin` is not the URL of web. A change with the cookie must have \
        one of the two headers. Browsers send them by themselves; any other client that uses the cookie must send \
        `Origin: https://HOST`, with the scheme, host and port of web. Clients without the cookie need neither.

        All tabs share the session. `PixelFlow-Organisation: ID` names the organisation that a request is meant for: if the session is in \
        another one, the response is 409 `organisation_changed`, and nothing is done.

        ## Limits

        Requests are limited by the class of their route: sign-ins (`sign-in`) by the address of the client; reads (`read`), changes \
        (`write`), uploads (`upload`) and expensive reads such as statistics (`heavy`) by the user or API key and, as \
        `read-organisation` and so on, by the organisation. The quotas are settings. Every response of a limited route reports the state \
        of the limits, in the fields of draft-ietf-httpapi-ratelimit-headers:

        ```
        RateLimit-Policy: "read";q=6000;w=60, "read-organisation";q=60000;w=60
        RateLimit: "read";r=5987;t=1, "read-organisation";r=59987;t=1
        ```

        `q` requests may be made in `w` seconds, even all at once; `r` of them are left, and after `t` seconds all are. Quotas are \
        refilled evenly, not at the end of a window. Beyond a limit, the response is 429 `rate_limited` with `Retry-After`, and is not \
        counted.

        ## Connections

        Connections are limited; the limits are settings. A connection that reaches a limit receives a problem document, unless another \
        response is in progress: 400 `bad_request` for a request that is not HTTP, has no `Host` or two, or has a malformed path; 408 \
        `request_timeout` for a header that takes longer than 10 s, or a body slower than 1 KiB per second over 10 s; 429 \
        `too_many_connections` for more connections than one address, or the process, may have; 431 `header_too_large` for a header of \
        more than 32 KiB or 100 fields.

        A connection without a request is closed after 10 s, an idle one between requests after 60 s, and one whose client does not read \
        its response after 60 s, all without a response. It is also closed when more than 64 MiB of a body arrive after its response. A \
        response in progress, such as an event stream, has no time limit. When the process reaches its limit of connections, those that \
        have waited longest for a request are closed in favour of new ones.
        """
}
