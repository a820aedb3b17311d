/// Text of the descriptions that applies to every route of every service.
enum APIConventions {
    /// CommonMark.
    static let text = """
        Every response carries `x-request-id`; send your own to find the request in the logs. JSON keys are snake_case, times are RFC 3339 \
        in UTC. Every `GET` route also supports `HEAD`. Fields, codes and routes may be added; clients must ignore those that they do not \
        know.

        ## Errors

        Errors are `application/problem+json` (RFC 9457):

        ```json
        {"type":"urn:pixelflow:problem:invalid_value","title":"Unprocessable Content","status":422,"code":"invalid_value",
         "detail":"outputs[0].quality must be a whole number from 1 to 100.","field":"pipeline.outputs[0].quality","request_id":"…"}
        ```

        `code` is stable. `field` is the path of the invalid value. Responses with 503, 507 and 429 carry `Retry-After`.

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
        operators, and any other spelling of a path, are 404. Responses that depend on the session carry `Vary: Cookie`. Those with an \
        `ETag` may be kept for revalidation (`Cache-Control: private, no-cache`), and all others not at all (`no-store`). On its public port, web responses the probes with the status \
        only; the details and its metrics are on its management port.

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
